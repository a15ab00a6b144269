//! `likesctl top` against a running stack.

use std::{
    io::Write,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use e2e::{Stack, eventually, new_key, new_movie};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::likesctl;

/// What `top` reads, without any source that it cannot read.
fn top() -> Value {
    let run = likesctl(&["--json", "top", "--once"]);
    let report = run.json();
    assert_eq!(report["unread"], json!([]), "{run:?}");
    assert_eq!(run.code(), Some(0), "{run:?}");
    report
}

#[tokio::test]
async fn a_like_is_seen_on_its_way_through_the_pipeline() {
    let stack = Stack::find().await;
    let posted = Timestamp::now();
    stack.api.like(&json!({"movieId": new_movie()}), new_key()).await;
    // The period of a metric starts before the like, and S3 rounds the time of an object down.
    let since = posted - SignedDuration::from_mins(1);
    let is_since = |time: &Value| {
        time.as_str().is_some_and(|time| time.parse::<Timestamp>().is_ok_and(|time| time >= since))
    };
    let is_seen = |report: &Value| {
        let figures = [
            &report["api"]["acceptedPerSecond"],
            &report["api"]["requestsPerSecond"],
            &report["stream"]["recordsInPerSecond"],
            &report["counting"]["countedPerSecond"],
            &report["counting"]["lagP99Milliseconds"],
            &report["archive"]["deliveredPerSecond"],
        ];
        let is_positive = |value: &Value| value.as_f64().is_some_and(|value| value > 0.0);
        figures.iter().all(|figure| {
            is_since(&figure["latest"]["at"])
                && figure["values"].as_array().is_some_and(|values| values.iter().any(is_positive))
        })
    };
    let report = eventually(async || top(), is_seen).await;
    assert!(is_since(&report["archive"]["newestObjectAt"]), "{report}");
    assert_eq!(report["stream"]["status"], "ACTIVE");
    assert!(report["stream"]["openShards"].as_u64() > Some(0), "{report}");
    assert_eq!(report["alarms"]["number"], stack.outputs.alarm_names.len());
    assert!(report["quarantine"]["messages"].is_u64(), "{report}");
    assert!(report["errors"]["latest"].is_array(), "{report}");
}

#[test]
fn without_a_terminal_top_says_what_to_use() {
    let run = likesctl(&["top"]);
    assert_eq!(run.code(), Some(2), "{run:?}");
    assert_eq!(
        run.stderr(),
        "error: top needs a terminal; to print everything once, run: likesctl top --once\n"
    );
}

/// `script` runs a command in a terminal: <https://man7.org/linux/man-pages/man1/script.1.html>.
#[test]
fn the_terminal_is_used_until_q_is_pressed_and_then_restored() {
    let command = format!("stty columns 80 rows 24 && exec {} top", env!("CARGO_BIN_EXE_likesctl"));
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--command", &command, "/dev/null"]).env("TERM", "xterm-256color");
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keys = script.stdin.take().unwrap();
    // Long enough for the first figures.
    sleep(Duration::from_secs(5));
    keys.write_all(b"q").unwrap();
    let output = script.wait_with_output().unwrap();
    let screen = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{screen}");
    assert!(screen.contains("likestream"), "{screen}");
    assert!(screen.contains("Archive"), "{screen}");
    // The alternate screen is left at last, and the cursor is shown:
    // https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
    let left = screen.rfind("\u{1b}[?1049l").expect("leaves the alternate screen");
    assert!(screen.rfind("\u{1b}[?1049h").is_some_and(|entered| entered < left), "{screen}");
    assert!(screen.rfind("\u{1b}[?25h") > screen.rfind("\u{1b}[?25l"), "{screen}");
}
