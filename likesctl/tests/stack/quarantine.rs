//! `likesctl quarantine` against a running stack.

use std::process::{Child, Command, Stdio};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_sqs::types::QueueAttributeName;
use e2e::{Run, Stack, eventually, new_key, new_movie, stays};
use like::LikeEvent;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::harness;

/// A command hides messages from the others while it runs, so one test runs at a time.
pub(crate) static QUARANTINE: Mutex<()> = Mutex::const_new(());

pub(crate) fn likesctl(arguments: &[&str]) -> Run {
    harness::likesctl(&[&["--json", "quarantine"], arguments].concat())
}

/// Starts a command and goes on.
fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_likesctl"))
        .args(["--json", "quarantine"])
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How many messages somebody has received. Unlike a list, it receives none itself.
async fn in_flight(stack: &Stack) -> u64 {
    let name = QueueAttributeName::ApproximateNumberOfMessagesNotVisible;
    let request = stack.sqs.get_queue_attributes().queue_url(&stack.outputs.quarantine_queue_url);
    let attributes = request.attribute_names(name.clone()).send().await.unwrap().attributes.unwrap();
    attributes[&name].parse().unwrap()
}

/// What became of the records of a movie.
pub(crate) fn about(run: &Run, movie: &str) -> Vec<Value> {
    let report = run.json();
    let messages = report["messages"].as_array().expect("is a list").iter();
    messages.filter(|entry| entry["partitionKey"] == movie).cloned().collect()
}

/// The values of a field, sorted.
fn all<'a>(entries: &'a [Value], field: &str) -> Vec<&'a str> {
    let mut values: Vec<_> = entries.iter().map(|entry| entry[field].as_str().unwrap()).collect();
    values.sort_unstable();
    values
}

async fn put(stack: &Stack, movie: &str, data: Vec<u8>) {
    let request = stack.kinesis.put_record().stream_name(&stack.outputs.stream_name).partition_key(movie);
    request.data(Blob::new(data)).send().await.unwrap();
}

/// Puts records on the stream that are quarantined, and returns what the list says about them.
async fn quarantined(stack: &Stack, movie: &str, records: &[Vec<u8>]) -> Vec<Value> {
    for record in records {
        put(stack, movie, record.clone()).await;
    }
    eventually(async || about(&likesctl(&["list"]), movie), |listed| listed.len() == records.len()).await
}

pub(crate) fn discard(entries: &[Value]) {
    for entry in entries {
        let number = entry["sequenceNumber"].as_str().unwrap();
        let discarded = likesctl(&["discard", "--sequence-number", number]);
        assert_eq!(discarded.code(), Some(0), "{discarded:?}");
        assert_eq!(discarded.json()["messages"][0]["outcome"], "discarded");
    }
}

#[tokio::test]
async fn a_quarantined_record_is_listed_redriven_once_it_is_repaired_or_discarded() {
    let _one = QUARANTINE.lock().await;
    let stack = Stack::find().await;
    let movie = new_movie();
    let like = LikeEvent::new(new_key(), movie.parse().unwrap(), None).encode().unwrap();
    let unknown = String::from_utf8(like).unwrap().replace(r#""version":1"#, r#""version":9"#);

    let listed =
        quarantined(&stack, &movie, &[unknown.clone().into_bytes(), b"\x1b[2Jgarbage\n".to_vec()]).await;
    assert_eq!(
        all(&listed, "reason"),
        ["not an event: expected value at line 1 column 1", "unknown version 9"]
    );
    assert_eq!(all(&listed, "outcome"), ["listed", "listed"]);
    assert!(listed.iter().all(|entry| entry["sentAt"].as_str().unwrap().ends_with('Z')), "{listed:?}");
    let printed = harness::likesctl(&["quarantine", "list"]);
    assert!(printed.stdout().contains(&format!("    data: {}\n", unknown.trim_end())), "{printed:?}");
    assert!(printed.stdout().contains("G1sySmdhcmJhZ2UK"), "{printed:?}");
    assert!(!printed.stdout().contains('\x1b'), "{printed:?}");

    // As they are, none is a like.
    let left = likesctl(&["redrive"]);
    assert_eq!(left.code(), Some(1), "{left:?}");
    assert_eq!(all(&about(&left, &movie), "outcome"), ["left", "left"], "{left:?}");
    let left = likesctl(&["redrive", "--repair", "echo broken >&2; exit 3"]);
    let why = "the repair command failed (exit status: 3): broken";
    assert_eq!(all(&about(&left, &movie), "why"), [why, why], "{left:?}");
    let left = likesctl(&["redrive", "--repair", "sleep 60", "--repair-timeout", "100ms"]);
    let why = "the repair command timed out after 100ms";
    assert_eq!(all(&about(&left, &movie), "why"), [why, why], "{left:?}");
    let none = likesctl(&["redrive", "--sequence-number", "0"]);
    assert_eq!(none.code(), Some(2), "{none:?}");
    assert!(none.json()["error"].as_str().unwrap().starts_with("no message matches"), "{none:?}");
    assert_eq!(stack.api.count(&movie).await, 0);

    // One is, once it is repaired; it is counted and gone from the quarantine.
    let number = listed.iter().find(|entry| entry["reason"] == "unknown version 9").unwrap();
    let number = number["sequenceNumber"].as_str().unwrap();
    let redrive = ["redrive", "--sequence-number", number, "--repair", r#"sed 's/"version":9/"version":1/'"#];
    let tried = about(&likesctl(&[&redrive[..], &["--dry-run"]].concat()), &movie);
    assert_eq!(all(&tried, "outcome"), ["wouldBeRedriven"]);
    let repaired = likesctl(&redrive);
    assert_eq!(repaired.code(), Some(0), "{repaired:?}");
    let repaired = about(&repaired, &movie);
    assert_eq!(all(&repaired, "outcome"), ["redriven"]);
    assert!(repaired[0]["likes"][0].as_str().unwrap().starts_with(&movie), "{repaired:?}");
    stays(async || stack.api.count(&movie).await, 1).await;
    let left = about(&likesctl(&["list"]), &movie);
    assert_eq!(left.len(), 1, "{left:?}");

    discard(&left);
    assert_eq!(about(&likesctl(&["list"]), &movie), Vec::<Value>::new());
}

#[tokio::test]
async fn an_interrupted_command_releases_what_it_holds() {
    let _one = QUARANTINE.lock().await;
    let stack = Stack::find().await;
    let movie = new_movie();
    let listed = quarantined(&stack, &movie, &[b"a".to_vec(), b"b".to_vec(), b"c".to_vec()]).await;

    let redrive = start(&["redrive", "--dry-run", "--repair", "sleep 60", "--repair-timeout", "60s"]);
    eventually(async || in_flight(&stack).await, |in_flight| *in_flight >= 3).await;
    kill_process(Pid::from_child(&redrive), Signal::INT).unwrap();
    let ended = redrive.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert!(
        String::from_utf8_lossy(&ended.stderr).starts_with("interrupted: releasing messages"),
        "{ended:?}"
    );
    assert!(String::from_utf8_lossy(&ended.stdout).contains("interrupted"), "{ended:?}");

    let after = about(&likesctl(&["list"]), &movie);
    assert_eq!(all(&after, "messageId"), all(&listed, "messageId"));
    discard(&listed);
}

#[tokio::test]
async fn a_reader_that_closes_the_output_leaves_nothing_hidden() {
    let _one = QUARANTINE.lock().await;
    let stack = Stack::find().await;
    let movie = new_movie();
    let listed = quarantined(&stack, &movie, &[b"a".to_vec(), b"b".to_vec()]).await;

    let mut list = start(&["list"]);
    drop(list.stdout.take());
    let ended = list.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");

    let after = likesctl(&["list"]);
    assert_eq!(after.json()["inFlight"], 0);
    assert_eq!(all(&about(&after, &movie), "messageId"), all(&listed, "messageId"));
    discard(&listed);
}
