//! Runs the queries of `queries` with `DuckDB` in Athena's place.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a query on objects of the archive and returns the file of its results.
///
/// `name` is the test's own. Python is the one that `justw` installs with `DuckDB`.
pub(crate) fn query(name: &str, query: &str, objects: &[Vec<u8>], parameters: &[&str]) -> PathBuf {
    let archive = folder(&format!("{name}-archive"));
    for (number, object) in objects.iter().enumerate() {
        fs::write(archive.join(number.to_string()), object).unwrap();
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut python = Command::new(project.join(".venv/bin/python3"));
    let run = python.arg(project.join("queries/local.py")).arg(query).arg(archive).args(parameters).output();
    let run = run.expect("DuckDB is installed in .venv; to install it: ./justw --install");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let results = folder(&format!("{name}-results")).join("results.csv");
    fs::write(&results, run.stdout).unwrap();
    results
}
