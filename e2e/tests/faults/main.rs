//! A like that is accepted is counted exactly once and archived, whatever goes wrong between the functions and AWS.
//!
//! Each test posts likes while something goes wrong, then lets all be well and looks for every one of them. The
//! environment variable `LIKES_FAULT_LIKES` says how many; for each there is a row on standard error.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    time::{Duration, SystemTime},
};

use e2e::{Faults, Stack, eventually, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use like::{LikeEvent, LikeId};
use serde_json::{Value, json};
use tokio::sync::Mutex;

const MOVIES: usize = 10;

/// There is one proxy, so one thing goes wrong at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

fn number_of_likes() -> usize {
    env::var("LIKES_FAULT_LIKES").map_or(200, |number| number.parse().expect("LIKES_FAULT_LIKES is a number"))
}

/// Posts likes under these rules, every fifth of them twice; then all are there, once.
async fn nothing_is_lost_or_doubled_under(name: &str, rules: Value) {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    // S3 gives times of objects in whole seconds.
    let start = (SystemTime::now() - Duration::from_secs(2)).into();
    let movies: Vec<_> = (0..MOVIES).map(|_| new_movie()).collect();
    let likes: Vec<_> = movies.iter().cycle().zip((0..number_of_likes()).map(|_| new_key())).collect();
    let posts = likes.iter().chain(likes.iter().step_by(5));

    faults.begin(&rules).await;
    let accepted: BTreeSet<LikeId> = stream::iter(posts)
        .map(async |(movie, key)| {
            stack.api.like(&json!({"movieId": movie}), *key).await;
            *key
        })
        .buffer_unordered(16)
        .collect()
        .await;
    assert!(faults.end().await, "nothing went wrong");

    let mut expected = BTreeMap::new();
    for (movie, _) in &likes {
        *expected.entry(movie.as_str()).or_default() += 1;
    }
    let names: Vec<_> = expected.keys().copied().collect();
    stays(async || stack.api.counts(&names).await, expected.values().copied().collect::<Vec<u64>>()).await;
    let archived = eventually(
        async || {
            let archive = stack.archived_since(start).await;
            let events = archive.iter().map(|line| LikeEvent::decode(line.as_bytes()).expect("is an event"));
            events.map(|event| event.like_id).filter(|id| accepted.contains(id)).collect::<BTreeSet<_>>()
        },
        |archived| archived.len() >= accepted.len(),
    )
    .await;
    assert_eq!(archived, accepted);

    let counted: u64 = stack.api.counts(&names).await.iter().sum();
    eprintln!("| {name} | {} | {counted} | {} |", accepted.len(), archived.len());
}

#[tokio::test]
async fn kinesis_and_dynamodb_throttle() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.3,
         "error": {"code": "ProvisionedThroughputExceededException"}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "ThrottlingException"}},
    ]);
    nothing_is_lost_or_doubled_under("throttling", rules).await;
}

#[tokio::test]
async fn kinesis_and_dynamodb_fail() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.3,
         "error": {"code": "InternalFailure", "status": 500}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_under("internal errors", rules).await;
}

#[tokio::test]
async fn answers_come_later_than_anybody_waits() {
    // The functions wait for two seconds.
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.05, "latency": 2500},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.2, "latency": 2500},
    ]);
    nothing_is_lost_or_doubled_under("latency", rules).await;
}

#[tokio::test]
async fn connections_break_after_the_service_has_acted() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.2, "response": {"abort_bytes": 0}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3, "response": {"abort_bytes": 0}},
    ]);
    nothing_is_lost_or_doubled_under("lost answers", rules).await;
}

#[tokio::test]
async fn dynamodb_is_slow_and_the_ledger_does_not_answer() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "latency": 1000},
        {"service": "dynamodb", "operation": "BatchGetItem", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_under("brownout", rules).await;
}

#[tokio::test]
async fn dynamodb_is_out_while_all_likes_are_posted() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_under("DynamoDB out", rules).await;
}
