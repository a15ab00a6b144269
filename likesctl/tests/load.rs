//! `likesctl load` against a running stack.

#![cfg(test)]

use std::process::Command;

use serde_json::Value;

#[test]
fn a_load_is_accepted_counted_exactly_and_reported() {
    let arguments =
        ["--json", "load", "--rate", "30", "--duration", "4s", "--movies", "5", "--duplicates", "0.3"];
    let output =
        Command::new(env!("CARGO_BIN_EXE_likesctl")).args(arguments).output().expect("likesctl runs");
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));

    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report["posts"], 120);
    let duplicates = report["duplicates"].as_u64().unwrap();
    assert!(duplicates > 0, "{report}");
    assert_eq!(report["likes"].as_u64(), Some(120 - duplicates));
    assert_eq!(report["counted"], report["likes"]);
    assert_eq!(report["exact"], true);
    assert!(
        report["latencyMilliseconds"]["p50"].as_u64() <= report["latencyMilliseconds"]["max"].as_u64(),
        "{report}"
    );
}

#[test]
fn numbers_that_make_no_load_are_refused() {
    for arguments in [["--rate", "0"], ["--duplicates", "1.5"], ["--skew", "NaN"], ["--duration", "soon"]] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_likesctl"));
        let output = command.arg("load").args(arguments).output().expect("likesctl runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
}
