//! `likesctl quarantine` against a running stack.

use aws_sdk_kinesis::primitives::Blob;
use e2e::{Run, Stack, eventually, new_key, new_movie, stays};
use like::LikeEvent;
use serde_json::Value;

use crate::harness;

fn likesctl(arguments: &[&str]) -> Run {
    harness::likesctl(&[&["--json", "quarantine"], arguments].concat())
}

/// What became of the records of a movie.
fn about(run: &Run, movie: &str) -> Vec<Value> {
    let report = run.json();
    let messages = report["messages"].as_array().expect("is a list").iter();
    messages.filter(|handled| handled["message"]["partitionKey"] == movie).cloned().collect()
}

async fn put(stack: &Stack, movie: &str, data: Vec<u8>) {
    let request = stack.kinesis.put_record().stream_name(&stack.outputs.stream_name).partition_key(movie);
    request.data(Blob::new(data)).send().await.unwrap();
}

#[tokio::test]
async fn what_is_in_quarantine_is_listed_put_back_when_repaired_and_discarded_when_told() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let like = LikeEvent::new(new_key(), movie.parse().unwrap(), None).encode().unwrap();
    let unknown = String::from_utf8(like).unwrap().replace(r#""version":1"#, r#""version":9"#);
    put(&stack, &movie, unknown.into_bytes()).await;
    put(&stack, &movie, b"garbage\n".to_vec()).await;

    let listed = eventually(async || about(&likesctl(&["list"]), &movie), |listed| listed.len() == 2).await;
    let mut reasons: Vec<_> = listed.iter().map(|line| line["message"]["reason"].as_str().unwrap()).collect();
    reasons.sort_unstable();
    assert_eq!(reasons, ["not an event: expected value at line 1 column 1", "unknown version 9"]);

    // As they are, none is a like.
    let left = likesctl(&["redrive"]);
    assert_eq!(left.code(), Some(1), "{left:?}");
    assert!(about(&left, &movie).iter().all(|line| line["outcome"] == "left"), "{left:?}");
    assert_eq!(stack.api.count(&movie).await, 0);

    // One is, once it is repaired; it is counted and gone from the quarantine.
    let repair = format!(r#"grep {movie} | sed 's/"version":9/"version":1/'"#);
    let tried = about(&likesctl(&["redrive", "--dry-run", "--repair", &repair]), &movie);
    assert_eq!(tried.iter().filter(|line| line["outcome"] == "wouldBeRedriven").count(), 1, "{tried:?}");
    let repaired = about(&likesctl(&["redrive", "--repair", &repair]), &movie);
    assert_eq!(repaired.iter().filter(|line| line["outcome"] == "redriven").count(), 1, "{repaired:?}");
    stays(async || stack.api.count(&movie).await, 1).await;
    let left = about(&likesctl(&["list"]), &movie);
    assert_eq!(left.len(), 1, "{left:?}");

    let number = left[0]["message"]["sequenceNumber"].as_str().unwrap();
    let discarded = likesctl(&["discard", "--sequence-number", number]);
    assert_eq!(discarded.code(), Some(0), "{discarded:?}");
    assert_eq!(about(&discarded, &movie)[0]["outcome"], "discarded");
    assert_eq!(about(&likesctl(&["list"]), &movie), Vec::<Value>::new());
}
