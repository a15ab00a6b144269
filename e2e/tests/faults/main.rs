//! Every accepted like is counted exactly once and archived, whatever fails between the functions and AWS.
//!
//! Each test posts likes during a disruption, ends the disruption, and then checks every like. The environment
//! variable `LIKES_FAULT_LIKES` sets the number of likes. Each test prints a row of results on standard error.

#![cfg(test)]

mod ringing;

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    env,
    future::pending,
    time::Duration,
};

use aws_sdk_kinesis::types::Shard;
use e2e::{Fault, Faults, Processes, Stack, eventually, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use like::{LikeEvent, LikeId};
use serde_json::{Value, json};
use tokio::{sync::Mutex, time::sleep};

const MOVIES: usize = 10;
/// Long enough for the mapping to read, gather and deliver the last likes.
const TIME_TO_DELIVER: Duration = Duration::from_secs(5);
/// Long enough for a process to start and do some work.
const BETWEEN_KILLS: Duration = Duration::from_millis(1500);

/// The tests share one proxy.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

fn number_of_likes() -> usize {
    env::var("LIKES_FAULT_LIKES").map_or(200, |number| number.parse().expect("LIKES_FAULT_LIKES is a number"))
}

/// A disruption of the stack while likes are posted.
struct Disruption {
    /// The proxy's rules.
    rules: Value,
    /// A further action.
    action: Action,
    /// How long the disruption continues after the last like.
    continues: Duration,
}

enum Action {
    None,
    /// Kills processes, repeatedly.
    Kill(fn(&Stack) -> Processes),
    /// Splits each shard of the stream.
    Reshard,
}

impl Disruption {
    fn with_rules(rules: Value) -> Self {
        Self { rules, action: Action::None, continues: TIME_TO_DELIVER }
    }

    fn with_action(action: Action) -> Self {
        Self { rules: json!([]), action, continues: 2 * TIME_TO_DELIVER }
    }
}

impl Action {
    /// Acts before any like is posted, and counts the shards split.
    ///
    /// The emulator drops what is on a shard that is split, where Kinesis keeps it for the retention period. So a split
    /// must find nothing that is not delivered yet.
    async fn prepare(&self, stack: &Stack, done: &Cell<usize>) {
        if let Self::Reshard = self {
            done.set(split_shards(stack).await);
        }
    }

    /// Acts until the future is dropped, and counts the processes killed.
    async fn run(&self, stack: &Stack, done: &Cell<usize>) -> Infallible {
        match self {
            Self::None | Self::Reshard => {}
            Self::Kill(processes) => {
                let processes = processes(stack);
                loop {
                    done.set(done.get() + processes.kill());
                    sleep(BETWEEN_KILLS).await;
                }
            }
        }
        pending().await
    }
}

/// Splits each open shard in the middle of its hash key range. Returns the number of shards that were split.
async fn split_shards(stack: &Stack) -> usize {
    let stream = &stack.outputs.stream_name;
    let listed = stack.kinesis.list_shards().stream_name(stream).send().await.expect("shards are listed");
    let is_open = |shard: &&Shard| {
        let range = shard.sequence_number_range();
        range.is_some_and(|range| range.ending_sequence_number().is_none())
    };
    let open: Vec<_> = listed.shards().iter().filter(is_open).collect();
    for shard in &open {
        let keys = shard.hash_key_range().expect("a shard has a hash key range");
        let [start, end] = [keys.starting_hash_key(), keys.ending_hash_key()]
            .map(|key| key.parse::<u128>().expect("is a 128-bit number"));
        let middle = start + (end - start) / 2 + 1;
        let split = stack.kinesis.split_shard().stream_name(stream).shard_to_split(shard.shard_id());
        split.new_starting_hash_key(middle.to_string()).send().await.expect("the shard is split");
    }
    open.len()
}

/// Reads the counts again and again, whatever the answers, as pages do.
async fn read(stack: &Stack, movies: &[&str]) -> Infallible {
    loop {
        let _answer = stack.api.get(movies).send().await;
        sleep(Duration::from_millis(500)).await;
    }
}

/// Posts likes, every fifth of them twice, during a disruption. Then checks that each is counted and archived once.
async fn nothing_is_lost_or_doubled_by(name: &str, disruption: Disruption) {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    // S3 reports the times of objects in whole seconds.
    let start = Timestamp::now().as_second() - 2;
    let movies: Vec<_> = (0..MOVIES).map(|_| new_movie()).collect();
    let likes: Vec<_> = movies.iter().cycle().zip((0..number_of_likes()).map(|_| new_key())).collect();
    let names: Vec<_> = movies.iter().map(String::as_str).collect();
    let posts = likes.iter().chain(likes.iter().step_by(5));

    let done = Cell::new(0);
    disruption.action.prepare(&stack, &done).await;
    let fault = Fault::begin(name).await;
    faults.inject(&disruption.rules).await;
    let posted = async {
        let accepted: BTreeSet<LikeId> = stream::iter(posts)
            .map(async |(movie, key)| {
                stack.api.like(&json!({"movieId": movie}), *key).await;
                *key
            })
            .buffer_unordered(16)
            .collect()
            .await;
        sleep(disruption.continues).await;
        accepted
    };
    let accepted = tokio::select! {
        accepted = posted => accepted,
        never = disruption.action.run(&stack, &done) => match never {},
        never = read(&stack, &names) => match never {},
    };
    fault.end();
    assert!(faults.stop().await || done.get() > 0, "there was no disruption");

    let mut expected = BTreeMap::new();
    for (movie, _) in &likes {
        *expected.entry(movie.as_str()).or_default() += 1;
    }
    let expected: Vec<u64> = names.iter().map(|movie| expected.get(movie).copied().unwrap_or(0)).collect();
    stays(async || stack.api.counts(&names).await, expected).await;
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
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.5,
         "error": {"code": "ProvisionedThroughputExceededException"}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "ThrottlingException"}},
    ]);
    nothing_is_lost_or_doubled_by("throttling", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn kinesis_and_dynamodb_fail() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.3,
         "error": {"code": "InternalFailure", "status": 500}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3,
         "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("internal errors", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn responses_take_longer_than_the_timeout() {
    // A call times out after two seconds.
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.05, "latency": 2500},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.2, "latency": 2500},
        {"service": "dynamodb", "operation": "BatchGetItem", "probability": 0.5, "latency": 2500},
    ]);
    nothing_is_lost_or_doubled_by("latency", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn connections_break_after_the_call_is_carried_out() {
    let rules = json!([
        {"service": "kinesis", "operation": "PutRecord", "probability": 0.2, "response": {"abort_bytes": 0}},
        {"service": "dynamodb", "operation": "TransactWriteItems", "probability": 0.3, "response": {"abort_bytes": 0}},
    ]);
    nothing_is_lost_or_doubled_by("lost responses", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_slow_and_ledger_lookups_fail() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "latency": 1000},
        {"service": "dynamodb", "operation": "BatchGetItem", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("brownout", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_down_while_likes_are_posted() {
    let rules = json!([
        {"service": "dynamodb", "operation": "TransactWriteItems", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    nothing_is_lost_or_doubled_by("DynamoDB down", Disruption::with_rules(rules)).await;
}

#[tokio::test]
async fn dynamodb_is_down_for_longer_than_the_functions_timeout() {
    let rules = json!([
        {"service": "dynamodb", "error": {"code": "InternalServerError", "status": 500}},
    ]);
    // UpdateCount's timeout is 60 s and it retries for 53 s. Then it reports the records as failed and the mapping
    // redelivers them.
    let disruption = Disruption { continues: Duration::from_secs(70), ..Disruption::with_rules(rules) };
    nothing_is_lost_or_doubled_by("DynamoDB down for 70 s", disruption).await;
}

#[tokio::test]
async fn the_functions_processes_are_killed() {
    nothing_is_lost_or_doubled_by(
        "functions killed",
        Disruption::with_action(Action::Kill(Processes::of_functions)),
    )
    .await;
}

#[tokio::test]
async fn the_event_source_mapping_is_killed_and_restarted() {
    nothing_is_lost_or_doubled_by(
        "mapping killed",
        Disruption::with_action(Action::Kill(Processes::of_mapping)),
    )
    .await;
}

#[tokio::test]
async fn the_delivery_stream_is_killed_and_restarted() {
    nothing_is_lost_or_doubled_by(
        "delivery killed",
        Disruption::with_action(Action::Kill(Processes::of_delivery)),
    )
    .await;
}

#[tokio::test]
async fn the_stream_is_resharded() {
    nothing_is_lost_or_doubled_by("resharded", Disruption::with_action(Action::Reshard)).await;
}
