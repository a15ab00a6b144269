//! `likesctl load` against a running stack.

use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::harness::likesctl;

#[test]
fn a_load_is_accepted_counted_exactly_and_reported() {
    let arguments =
        ["--json", "load", "--rate", "30", "--duration", "4s", "--movies", "5", "--duplicates", "0.3"];
    let run = likesctl(&arguments);
    let report = run.json();

    assert_eq!(run.code(), Some(0), "{report}");
    assert_eq!(report["posts"], 120);
    let duplicates = report["duplicates"].as_u64().unwrap();
    assert!(duplicates > 0, "{report}");
    assert_eq!(report["likes"].as_u64(), Some(120 - duplicates));
    assert_eq!(report["accepted"], report["likes"]);
    assert_eq!(report["counted"], report["likes"]);
    assert_eq!(report["interrupted"], Value::Null);
    assert_eq!(report["exact"], true);
    assert!(
        report["latencyMilliseconds"]["p50"].as_u64() <= report["latencyMilliseconds"]["max"].as_u64(),
        "{report}"
    );
}

#[test]
fn ctrl_c_ends_a_load_whose_likes_are_still_counted_and_reported() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_likesctl"));
    command.args(["--json", "load", "--rate", "30", "--duration", "10m"]);
    let load = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    // Long enough for the first posts.
    sleep(Duration::from_secs(5));
    kill_process(Pid::from_child(&load), Signal::INT).unwrap();
    let output = load.wait_with_output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(output.status.code(), Some(130), "{report}");
    assert_eq!(report["interrupted"]["reason"], "ctrlC");
    let posts = report["posts"].as_u64().unwrap();
    assert!((30..300).contains(&posts), "{report}");
    assert_eq!(report["counted"], report["accepted"]);
    assert_eq!(report["exact"], true, "{report}");
}
