//! A like that is accepted is counted exactly once and archived, whatever goes wrong between the functions and AWS.
//!
//! Each test posts likes while something goes wrong, then lets all be well and looks for every one of them. The
//! environment variable `LIKES_FAULT_LIKES` says how many; for each there is a row on standard error.

#![cfg(test)]

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    env,
    future::pending,
    time::{Duration, SystemTime},
};

use e2e::{Faults, Processes, Stack, eventually, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use like::{LikeEvent, LikeId};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::sleep};

const MOVIES: usize = 10;
/// Long enough for the mapping to read, gather and deliver what was posted last.
const TO_DELIVER: Duration = Duration::from_secs(5);
/// Long enough for a process to start and do something.
const BETWEEN_KILLS: Duration = Duration::from_millis(1500);

/// There is one proxy, so one thing goes wrong at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

fn number_of_likes() -> usize {
    env::var("LIKES_FAULT_LIKES").map_or(200, |number| number.parse().expect("LIKES_FAULT_LIKES is a number"))
}

/// What goes wrong while likes are posted.
struct Trouble {
    /// The proxy's rules.
    rules: Value,
    /// Processes that are killed, over and over.
    killed: Option<fn(&Stack) -> Processes>,
    /// How long it goes on when all likes are posted.
    lasts: Duration,
}

impl Trouble {
    fn by(rules: Value) -> Self {
        Self { rules, killed: None, lasts: TO_DELIVER }
    }

    /// Processes are killed while likes are posted, and for some seconds while they are counted.
    fn by_killing(processes: fn(&Stack) -> Processes) -> Self {
        Self { rules: json!([]), killed: Some(processes), lasts: Duration::from_secs(10) }
    }

    /// Kills the processes until this is dropped, and notes how many there were.
    async fn kill(&self, stack: &Stack, dead: &Cell<usize>) -> Infallible {
        let Some(processes) = self.killed else { return pending().await };
        let processes = processes(stack);
        loop {
            dead.set(dead.get() + processes.kill());
            sleep(BETWEEN_KILLS).await;
        }
    }
}

/// Posts likes, every fifth of them twice, while something goes wrong; then all are there, once.
async fn nothing_is_lost_or_doubled_by(name: &str, trouble: Trouble) {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    // S3 gives times of objects in whole seconds.
    let start = (SystemTime::now() - Duration::from_secs(2)).into();
    let movies: Vec<_> = (0..MOVIES).map(|_| new_movie()).collect();
    let likes: Vec<_> = movies.iter().cycle().zip((0..number_of_likes()).map(|_| new_key())).collect();
    let posts = likes.iter().chain(likes.iter().step_by(5));

    faults.begin(&trouble.rules).await;
    let posted = async {
        let accepted: BTreeSet<LikeId> = stream::iter(posts)
            .map(async |(movie, key)| {
                stack.api.like(&json!({"movieId": movie}), *key).await;
                *key
            })
            .buffer_unordered(16)
            .collect()
            .await;
        sleep(trouble.lasts).await;
        accepted
    };
    let dead = Cell::new(0);
    let accepted = tokio::select! {
        accepted = posted => accepted,
        never = trouble.kill(&stack, &dead) => match never {},
    };
    assert!(faults.end().await || dead.get() > 0, "nothing went wrong");

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
    nothing_is_lost_or_doubled_by("throttling", Trouble::by(rules)).await;
}

#[tokio::test]
async fn kinesis_and_dynamodb_fail() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.3,
         "error": {"code": "InternalFailure", "status": 500}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("internal errors", Trouble::by(rules)).await;
}

#[tokio::test]
async fn answers_come_later_than_anybody_waits() {
    // The functions wait for two seconds.
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.05, "latency": 2500},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.2, "latency": 2500},
    ]);
    nothing_is_lost_or_doubled_by("latency", Trouble::by(rules)).await;
}

#[tokio::test]
async fn connections_break_after_the_service_has_acted() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.2, "response": {"abort_bytes": 0}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3, "response": {"abort_bytes": 0}},
    ]);
    nothing_is_lost_or_doubled_by("lost answers", Trouble::by(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_slow_and_the_ledger_does_not_answer() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "latency": 1000},
        {"service": "dynamodb", "operation": "BatchGetItem", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("brownout", Trouble::by(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_out_while_all_likes_are_posted() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("DynamoDB out", Trouble::by(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_out_for_longer_than_an_invocation_may_take() {
    let rules = json!([
        {"service": "dynamodb", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    // UpdateCount has 60 s, and tries for 53 of them; then the mapping delivers what it named as failed again.
    let trouble = Trouble { lasts: Duration::from_secs(70), ..Trouble::by(rules) };
    nothing_is_lost_or_doubled_by("DynamoDB out for 70 s", trouble).await;
}

#[tokio::test]
async fn the_processes_of_the_functions_are_killed() {
    nothing_is_lost_or_doubled_by("functions killed", Trouble::by_killing(Processes::of_functions)).await;
}

#[tokio::test]
async fn the_event_source_mapping_is_killed_and_started_again() {
    nothing_is_lost_or_doubled_by("mapping killed", Trouble::by_killing(Processes::of_mapping)).await;
}
