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
    time::Duration,
};

use aws_sdk_kinesis::types::Shard;
use e2e::{Faults, Processes, Stack, eventually, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use jiff::Timestamp;
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
    /// What is done besides.
    deed: Deed,
    /// How long it goes on when all likes are posted.
    lasts: Duration,
}

enum Deed {
    Nothing,
    /// Processes are killed, over and over.
    Kill(fn(&Stack) -> Processes),
    /// Each shard of the stream is split.
    Reshard,
}

impl Trouble {
    fn by_rules(rules: Value) -> Self {
        Self { rules, deed: Deed::Nothing, lasts: TO_DELIVER }
    }

    fn by(deed: Deed) -> Self {
        Self { rules: json!([]), deed, lasts: 2 * TO_DELIVER }
    }
}

impl Deed {
    /// Does it until this is dropped, and counts how often it was done.
    async fn run(&self, stack: &Stack, done: &Cell<usize>) -> Infallible {
        match self {
            Self::Nothing => {}
            Self::Kill(processes) => {
                let processes = processes(stack);
                loop {
                    done.set(done.get() + processes.kill());
                    sleep(BETWEEN_KILLS).await;
                }
            }
            Self::Reshard => done.set(split_shards(stack).await),
        }
        pending().await
    }
}

/// Splits each open shard in the middle of its keys and says how many there were.
async fn split_shards(stack: &Stack) -> usize {
    let stream = &stack.outputs.stream_name;
    let listed = stack.kinesis.list_shards().stream_name(stream).send().await.expect("shards are listed");
    let is_open = |shard: &&Shard| {
        let range = shard.sequence_number_range();
        range.is_some_and(|range| range.ending_sequence_number().is_none())
    };
    let open: Vec<_> = listed.shards().iter().filter(is_open).collect();
    for shard in &open {
        let keys = shard.hash_key_range().expect("a shard has keys");
        let [start, end] = [keys.starting_hash_key(), keys.ending_hash_key()]
            .map(|key| key.parse::<u128>().expect("is a number of 128 bits"));
        let middle = start + (end - start) / 2 + 1;
        let split = stack.kinesis.split_shard().stream_name(stream).shard_to_split(shard.shard_id());
        split.new_starting_hash_key(middle.to_string()).send().await.expect("the shard is split");
    }
    open.len()
}

/// Posts likes, every fifth of them twice, while something goes wrong; then all are there, once.
async fn nothing_is_lost_or_doubled_by(name: &str, trouble: Trouble) {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    // S3 gives times of objects in whole seconds.
    let start = Timestamp::now().as_second() - 2;
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
    let done = Cell::new(0);
    let accepted = tokio::select! {
        accepted = posted => accepted,
        never = trouble.deed.run(&stack, &done) => match never {},
    };
    assert!(faults.end().await || done.get() > 0, "nothing went wrong");

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
    nothing_is_lost_or_doubled_by("throttling", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn kinesis_and_dynamodb_fail() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.3,
         "error": {"code": "InternalFailure", "status": 500}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("internal errors", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn answers_come_later_than_anybody_waits() {
    // The functions wait for two seconds.
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.05, "latency": 2500},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.2, "latency": 2500},
    ]);
    nothing_is_lost_or_doubled_by("latency", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn connections_break_after_the_service_has_acted() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.2, "response": {"abort_bytes": 0}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3, "response": {"abort_bytes": 0}},
    ]);
    nothing_is_lost_or_doubled_by("lost answers", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_slow_and_the_ledger_does_not_answer() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "latency": 1000},
        {"service": "dynamodb", "operation": "BatchGetItem", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("brownout", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_out_while_all_likes_are_posted() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("DynamoDB out", Trouble::by_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_out_for_longer_than_an_invocation_may_take() {
    let rules = json!([
        {"service": "dynamodb", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    // UpdateCount has 60 s, and tries for 53 of them; then the mapping delivers what it named as failed again.
    let trouble = Trouble { lasts: Duration::from_secs(70), ..Trouble::by_rules(rules) };
    nothing_is_lost_or_doubled_by("DynamoDB out for 70 s", trouble).await;
}

#[tokio::test]
async fn the_processes_of_the_functions_are_killed() {
    nothing_is_lost_or_doubled_by("functions killed", Trouble::by(Deed::Kill(Processes::of_functions))).await;
}

#[tokio::test]
async fn the_event_source_mapping_is_killed_and_started_again() {
    nothing_is_lost_or_doubled_by("mapping killed", Trouble::by(Deed::Kill(Processes::of_mapping))).await;
}

#[tokio::test]
async fn the_delivery_stream_is_killed_and_restarted() {
    nothing_is_lost_or_doubled_by("delivery killed", Trouble::by(Deed::Kill(Processes::of_delivery))).await;
}

#[tokio::test]
async fn the_stream_is_resharded() {
    nothing_is_lost_or_doubled_by("resharded", Trouble::by(Deed::Reshard)).await;
}
