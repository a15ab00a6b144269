//! A batch as Lambda delivers it: a like, a malformed record, and a like of another movie.

#![cfg(test)]

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::KinesisEvent;
use aws_sdk_dynamodb::{
    operation::{
        batch_get_item::{BatchGetItemError, BatchGetItemOutput},
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput},
    },
    types::{
        AttributeValue,
        error::{ResourceNotFoundException, TransactionCanceledException},
    },
};
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use base64::{Engine, engine::general_purpose::STANDARD};
use counting::Tables;
use serde_json::{Value, json};
use update_count::{BatchMetrics, NoProgress, Queue, UpdateCount};

const BATCH: &str = include_str!("fixtures/kinesis-event.json");
const FIRST_LIKE: &str = "49590338271490256608559692538361571095921575989136588898";
const MALFORMED: &str = "49590338271490256608559692540925702759324208523137515618";
const LAST_LIKE: &str = "49590338271490256608559692540925702759324208523137515619";

/// Handles the batch and returns the response as Lambda reads it, or the error. The ledger has no entries unless a rule says
/// otherwise.
async fn handle(batch: Value, dynamodb: &[&Rule], sqs: &Rule) -> Value {
    let empty = ledger_has(&[]);
    let dynamodb: Vec<_> = dynamodb.iter().copied().chain([&empty]).collect();
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, dynamodb.as_slice());
    let sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [sqs]);
    let tables = Tables::new(dynamodb, "ledger".into(), "counts".into());
    let handler = UpdateCount::new(tables, Queue::new(sqs, "https://queue".into()), Arc::default());
    let batch: KinesisEvent = serde_json::from_value(batch).expect("is a Kinesis event");
    let deadline = SystemTime::now() + Duration::from_mins(1);
    match handler.handle(batch, deadline, &mut BatchMetrics::default()).await {
        Ok(response) => serde_json::to_value(response).expect("is JSON"),
        Err(NoProgress(records)) => json!({ "noProgress": records }),
    }
}

fn batch() -> Value {
    serde_json::from_str(BATCH).expect("the fixture is JSON")
}

fn failures(numbers: &[&str]) -> Value {
    let failures: Vec<_> = numbers.iter().map(|number| json!({"itemIdentifier": number})).collect();
    json!({ "batchItemFailures": failures })
}

/// Whether a transaction counts `likes` likes of `movie`.
fn counts(input: &TransactWriteItemsInput, movie: &str, likes: usize) -> bool {
    let count = input.transact_items().last().and_then(|item| item.update()).expect("ends with the count");
    let of_movie = count.key()["movieId"].as_s().is_ok_and(|id| id == movie);
    of_movie && input.transact_items().len() == likes + 1
}

fn writes(movie: &'static str, likes: usize) -> Rule {
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(move |input| counts(input, movie, likes))
        .then_output(|| TransactWriteItemsOutput::builder().build())
}

/// Returns these entries from the ledger, whatever the keys.
fn ledger_has(keys: &'static [&'static str]) -> Rule {
    mock!(aws_sdk_dynamodb::Client::batch_get_item).then_output(|| {
        let entry = |key: &&str| HashMap::from([("likeKey".into(), AttributeValue::S((*key).to_owned()))]);
        BatchGetItemOutput::builder().responses("ledger", keys.iter().map(entry).collect()).build()
    })
}

fn rejects(movie: &'static str) -> Rule {
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(move |input| counts(input, movie, 1))
        .then_error(|| {
            let meta =
                aws_sdk_dynamodb::error::ErrorMetadata::builder().code("ResourceNotFoundException").build();
            TransactWriteItemsError::ResourceNotFoundException(
                ResourceNotFoundException::builder().meta(meta).build(),
            )
        })
}

/// Cancels a transaction of one like because the ledger has the entry.
fn finds_duplicate(movie: &'static str) -> Rule {
    cancels(movie, "ConditionalCheckFailed")
}

/// Cancels a transaction of one like, with this reason for its entry.
fn cancels(movie: &'static str, code: &'static str) -> Rule {
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(move |input| counts(input, movie, 1))
        .then_error(move || {
            let reason =
                |code: &str| aws_sdk_dynamodb::types::CancellationReason::builder().code(code).build();
            TransactWriteItemsError::TransactionCanceledException(
                TransactionCanceledException::builder()
                    .cancellation_reasons(reason(code))
                    .cancellation_reasons(reason("None"))
                    .build(),
            )
        })
}

/// Accepts the malformed record.
fn quarantine() -> Rule {
    accepts(MALFORMED, "AG1hbGZvcm1lZA==", "not an event")
}

/// Accepts a quarantined record with this reason.
fn accepts(sequence_number: &'static str, data: &'static str, reason: &'static str) -> Rule {
    mock!(aws_sdk_sqs::Client::send_message)
        .match_requests(move |input| {
            let message: Value =
                serde_json::from_str(input.message_body().expect("has a body")).expect("the body is JSON");
            input.queue_url() == Some("https://queue")
                && message["sequenceNumber"] == sequence_number
                && message["shardId"] == "shardId-000000000006"
                && message["data"] == data
                && message["reason"].as_str().is_some_and(|given| given.starts_with(reason))
        })
        .then_output(|| SendMessageOutput::builder().build())
}

fn broken_quarantine() -> Rule {
    mock!(aws_sdk_sqs::Client::send_message).then_error(|| SendMessageError::unhandled("no queue"))
}

#[tokio::test]
async fn likes_are_counted_and_a_malformed_record_between_them_is_quarantined() {
    let (first, last, quarantine) = (writes("tt0111161", 1), writes("tt0068646", 1), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls(), quarantine.num_calls()], [1, 1, 1]);
}

#[tokio::test]
async fn copies_in_a_batch_are_counted_once() {
    let mut batch = batch();
    let like = batch["Records"][0].clone();
    let copies = ["1", "2", "3"].map(|number| {
        let mut copy = like.clone();
        copy["kinesis"]["sequenceNumber"] = number.into();
        copy
    });
    batch["Records"] = copies.to_vec().into();
    let write = writes("tt0111161", 1);
    assert_eq!(handle(batch, &[&write], &quarantine()).await, failures(&[]));
    assert_eq!(write.num_calls(), 1);
}

#[tokio::test]
async fn a_redelivered_batch_is_not_counted_again() {
    let (first, last) = (finds_duplicate("tt0111161"), finds_duplicate("tt0068646"));
    assert_eq!(handle(batch(), &[&first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls()], [1, 1]);
}

#[tokio::test]
async fn duplicates_found_by_the_lookup_cost_no_write() {
    let ledger = ledger_has(&["tt0111161#user#u-42"]);
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&ledger, &first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([ledger.num_calls(), first.num_calls(), last.num_calls()], [1, 0, 1]);
}

#[tokio::test]
async fn if_the_lookup_fails_all_likes_are_written() {
    let no_lookup = mock!(aws_sdk_dynamodb::Client::batch_get_item)
        .then_error(|| BatchGetItemError::unhandled("no permission"));
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&no_lookup, &first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls()], [1, 1]);
}

#[tokio::test]
async fn a_like_that_can_never_be_written_is_quarantined_and_never_dropped() {
    let mut batch = batch();
    let like = batch["Records"].as_array_mut().expect("is a list").pop().expect("is there");
    let data = like["kinesis"]["data"].as_str().expect("is text").to_owned().leak();
    batch["Records"] = json!([like]);
    let never = cancels("tt0068646", "ValidationError");
    let queue = accepts(LAST_LIKE, data, "ValidationError");
    assert_eq!(handle(batch.clone(), &[&never], &queue).await, failures(&[]));
    assert_eq!(queue.num_calls(), 1);
    assert_eq!(handle(batch, &[&never], &broken_quarantine()).await, json!({ "noProgress": 1 }));
}

#[tokio::test]
async fn every_like_in_a_record_is_counted_and_a_malformed_line_quarantines_the_record() {
    let mut batch = batch();
    let [like, other] = [0, 2].map(|record: usize| {
        let data = batch["Records"][record]["kinesis"]["data"].as_str().expect("is text");
        STANDARD.decode(data).expect("is base64")
    });
    let lines = STANDARD.encode([&like[..], b"junk\n", &other].concat());
    let mut record = batch["Records"][1].clone();
    record["kinesis"]["data"] = lines.clone().into();
    batch["Records"] = json!([record]);
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    let queue = accepts(MALFORMED, lines.leak(), "line 2 of 3: not an event");
    assert_eq!(handle(batch, &[&first, &last], &queue).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls(), queue.num_calls()], [1, 1, 1]);
}

#[tokio::test]
async fn a_record_that_the_quarantine_does_not_accept_is_reported_as_failed() {
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&first, &last], &broken_quarantine()).await, failures(&[MALFORMED]));
}

#[tokio::test]
async fn a_like_whose_transaction_is_rejected_is_reported_as_failed_and_the_others_are_done() {
    let (first, last, quarantine) = (writes("tt0111161", 1), rejects("tt0068646"), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[LAST_LIKE]));
    assert_eq!([first.num_calls(), quarantine.num_calls()], [1, 1]);
}

#[tokio::test]
async fn a_record_after_the_first_failure_is_not_quarantined_yet() {
    let (first, last, quarantine) = (rejects("tt0111161"), writes("tt0068646", 1), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[FIRST_LIKE, MALFORMED]));
    assert_eq!([last.num_calls(), quarantine.num_calls()], [1, 0]);
}

#[tokio::test]
async fn an_empty_batch_has_no_failures() {
    assert_eq!(handle(json!({"Records": []}), &[], &quarantine()).await, failures(&[]));
}
