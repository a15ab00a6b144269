//! A batch as Lambda delivers it: a like, garbage, and another movie's like.

#![cfg(test)]

use std::time::{Duration, SystemTime};

use aws_lambda_events::event::kinesis::KinesisEvent;
use aws_sdk_dynamodb::{
    operation::transact_write_items::{
        TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
    },
    types::error::{ResourceNotFoundException, TransactionCanceledException},
};
use aws_sdk_sqs::operation::send_message::{SendMessageError, SendMessageOutput};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use serde_json::{Value, json};
use update_count::{Queue, Tables, UpdateCount};

const BATCH: &str = include_str!("fixtures/kinesis-event.json");
const FIRST_LIKE: &str = "49590338271490256608559692538361571095921575989136588898";
const GARBAGE: &str = "49590338271490256608559692540925702759324208523137515618";
const LAST_LIKE: &str = "49590338271490256608559692540925702759324208523137515619";

/// Handles the batch and returns the answer as Lambda reads it.
async fn handle(batch: Value, dynamodb: &[&Rule], sqs: &Rule) -> Value {
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, dynamodb);
    let sqs = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [sqs]);
    let tables = Tables::new(dynamodb, "ledger".into(), "counts".into());
    let handler = UpdateCount::new(tables, Queue::new(sqs, "https://queue".into()));
    let batch: KinesisEvent = serde_json::from_value(batch).expect("is a Kinesis event");
    let answer = handler.handle(batch, SystemTime::now() + Duration::from_mins(1)).await;
    serde_json::to_value(answer).expect("is JSON")
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

fn refuses(movie: &'static str) -> Rule {
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

fn knows(movie: &'static str) -> Rule {
    mock!(aws_sdk_dynamodb::Client::transact_write_items)
        .match_requests(move |input| counts(input, movie, 1))
        .then_error(|| {
            let reason =
                |code: &str| aws_sdk_dynamodb::types::CancellationReason::builder().code(code).build();
            TransactWriteItemsError::TransactionCanceledException(
                TransactionCanceledException::builder()
                    .cancellation_reasons(reason("ConditionalCheckFailed"))
                    .cancellation_reasons(reason("None"))
                    .build(),
            )
        })
}

/// A queue that takes the garbage of the batch, told as it should be.
fn quarantine() -> Rule {
    mock!(aws_sdk_sqs::Client::send_message)
        .match_requests(|input| {
            let message: Value =
                serde_json::from_str(input.message_body().expect("has a body")).expect("the body is JSON");
            input.queue_url() == Some("https://queue")
                && message["sequenceNumber"] == GARBAGE
                && message["shardId"] == "shardId-000000000006"
                && message["data"] == "AGdhcmJhZ2U="
                && message["reason"].as_str().is_some_and(|reason| reason.starts_with("not an event"))
        })
        .then_output(|| SendMessageOutput::builder().build())
}

fn broken_quarantine() -> Rule {
    mock!(aws_sdk_sqs::Client::send_message).then_error(|| SendMessageError::unhandled("no queue"))
}

#[tokio::test]
async fn likes_are_counted_and_garbage_between_them_is_quarantined() {
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
async fn a_batch_that_is_delivered_again_is_not_counted_again() {
    let (first, last) = (knows("tt0111161"), knows("tt0068646"));
    assert_eq!(handle(batch(), &[&first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls()], [1, 1]);
}

#[tokio::test]
async fn garbage_that_the_quarantine_does_not_take_is_delivered_again() {
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&first, &last], &broken_quarantine()).await, failures(&[GARBAGE]));
}

#[tokio::test]
async fn a_like_that_cannot_be_written_is_delivered_again_and_its_neighbours_are_done() {
    let (first, last, quarantine) = (writes("tt0111161", 1), refuses("tt0068646"), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[LAST_LIKE]));
    assert_eq!([first.num_calls(), quarantine.num_calls()], [1, 1]);
}

#[tokio::test]
async fn garbage_that_is_delivered_again_anyway_is_not_quarantined_yet() {
    let (first, last, quarantine) = (refuses("tt0111161"), writes("tt0068646", 1), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[FIRST_LIKE, GARBAGE]));
    assert_eq!([last.num_calls(), quarantine.num_calls()], [1, 0]);
}

#[tokio::test]
async fn an_empty_batch_has_no_failures() {
    assert_eq!(handle(json!({"Records": []}), &[], &quarantine()).await, failures(&[]));
}
