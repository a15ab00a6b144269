//! The last run of the same load on the same stack, for comparison. Losing it is no error.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Summary {
    pub p99_milliseconds: u64,
    pub lag_milliseconds: u64,
}

/// Where the runs of all loads are kept, by the XDG Base Directory Specification; none without a home.
pub(super) fn folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("likesctl/load"))
}

/// Replaces the summary of the last run of `load`, a description of the stack and the arguments, and returns the old one.
pub(super) fn replace(folder: &Path, load: &str, summary: Summary) -> Option<Summary> {
    let file = folder.join(format!("{:016x}.json", xxh3_64(load.as_bytes())));
    let last = fs::read(&file).ok().and_then(|json| serde_json::from_slice(&json).ok());
    let json = serde_json::to_vec(&summary).unwrap_or_default();
    let _ = fs::create_dir_all(folder).and_then(|()| fs::write(&file, json));
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(p99: u64) -> Summary {
        Summary { p99_milliseconds: p99, lag_milliseconds: 1200 }
    }

    #[test]
    fn the_last_run_of_the_same_load_is_remembered() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("load");
        assert_eq!(replace(&folder, "local 20/s", summary(53)), None);
        assert_eq!(replace(&folder, "local 50/s", summary(99)), None);
        assert_eq!(replace(&folder, "local 20/s", summary(48)), Some(summary(53)));
        assert_eq!(replace(&folder, "local 20/s", summary(47)), Some(summary(48)));
    }

    #[test]
    fn a_history_that_cannot_be_read_or_written_is_no_history() {
        let state = tempfile::tempdir().unwrap();
        replace(state.path(), "load", summary(53));
        let file = fs::read_dir(state.path()).unwrap().next().unwrap().unwrap().path();
        fs::write(&file, "{").unwrap();
        assert_eq!(replace(state.path(), "load", summary(48)), None);
        assert_eq!(replace(&file, "load", summary(48)), None);
    }
}
