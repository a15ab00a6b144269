//! A batch as Lambda delivers it: a like, bytes that are no event, and another movie's like.

#![cfg(test)]

use std::{
    collections::HashMap,
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
use update_count::{Queue, UpdateCount};

const BATCH: &str = include_str!("fixtures/kinesis-event.json");
const FIRST_LIKE: &str = "49590338271490256608559692538361571095921575989136588898";
const NO_EVENT: &str = "49590338271490256608559692540925702759324208523137515618";
const LAST_LIKE: &str = "49590338271490256608559692540925702759324208523137515619";

/// Handles the batch and returns the answer as Lambda reads it. The ledger says that it knows nothing, unless a rule
/// answers for it.
async fn handle(batch: Value, dynamodb: &[&Rule], sqs: &Rule) -> Value {
    let nothing = remembers(&[]);
    let dynamodb: Vec<_> = dynamodb.iter().copied().chain([&nothing]).collect();
    let dynamodb = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, dynamodb.as_slice());
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

/// A ledger that has these entries.
fn remembers(keys: &'static [&'static str]) -> Rule {
    mock!(aws_sdk_dynamodb::Client::batch_get_item).then_output(|| {
        let entry = |key: &&str| HashMap::from([("likeKey".into(), AttributeValue::S((*key).to_owned()))]);
        BatchGetItemOutput::builder().responses("ledger", keys.iter().map(entry).collect()).build()
    })
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
    cancels(movie, "ConditionalCheckFailed")
}

/// Cancels a transaction of one like because of its entry.
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

/// A queue that takes the record of the batch that is no event.
fn quarantine() -> Rule {
    takes(NO_EVENT, "AGdhcmJhZ2U=", "not an event")
}

/// A queue that takes a record with this reason.
fn takes(sequence_number: &'static str, data: &'static str, reason: &'static str) -> Rule {
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
async fn likes_are_counted_and_what_is_no_event_between_them_is_quarantined() {
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
async fn likes_that_the_ledger_knows_cost_no_write() {
    let known = remembers(&["tt0111161#user#u-42"]);
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&known, &first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([known.num_calls(), first.num_calls(), last.num_calls()], [1, 0, 1]);
}

#[tokio::test]
async fn without_an_answer_of_the_ledger_all_is_written_as_if_it_knew_nothing() {
    let no_answer = mock!(aws_sdk_dynamodb::Client::batch_get_item)
        .then_error(|| BatchGetItemError::unhandled("no permission"));
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&no_answer, &first, &last], &quarantine()).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls()], [1, 1]);
}

#[tokio::test]
async fn a_like_that_can_never_be_written_is_quarantined_and_not_dropped() {
    let mut batch = batch();
    let like = batch["Records"].as_array_mut().expect("is a list").pop().expect("is there");
    let data = like["kinesis"]["data"].as_str().expect("is text").to_owned().leak();
    batch["Records"] = json!([like]);
    let never = cancels("tt0068646", "ValidationError");
    let taken = takes(LAST_LIKE, data, "ValidationError");
    assert_eq!(handle(batch.clone(), &[&never], &taken).await, failures(&[]));
    assert_eq!(taken.num_calls(), 1);
    assert_eq!(handle(batch, &[&never], &broken_quarantine()).await, failures(&[LAST_LIKE]));
}

#[tokio::test]
async fn each_line_of_a_record_is_counted_and_the_record_quarantined_for_the_line_that_is_none() {
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
    let taken = takes(NO_EVENT, lines.leak(), "line 2 of 3: not an event");
    assert_eq!(handle(batch, &[&first, &last], &taken).await, failures(&[]));
    assert_eq!([first.num_calls(), last.num_calls(), taken.num_calls()], [1, 1, 1]);
}

#[tokio::test]
async fn a_record_that_the_quarantine_does_not_take_is_delivered_again() {
    let (first, last) = (writes("tt0111161", 1), writes("tt0068646", 1));
    assert_eq!(handle(batch(), &[&first, &last], &broken_quarantine()).await, failures(&[NO_EVENT]));
}

#[tokio::test]
async fn a_like_that_cannot_be_written_is_delivered_again_and_its_neighbours_are_done() {
    let (first, last, quarantine) = (writes("tt0111161", 1), refuses("tt0068646"), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[LAST_LIKE]));
    assert_eq!([first.num_calls(), quarantine.num_calls()], [1, 1]);
}

#[tokio::test]
async fn a_record_that_is_delivered_again_anyway_is_not_quarantined_yet() {
    let (first, last, quarantine) = (refuses("tt0111161"), writes("tt0068646", 1), quarantine());
    assert_eq!(handle(batch(), &[&first, &last], &quarantine).await, failures(&[FIRST_LIKE, NO_EVENT]));
    assert_eq!([last.num_calls(), quarantine.num_calls()], [1, 0]);
}

#[tokio::test]
async fn an_empty_batch_has_no_failures() {
    assert_eq!(handle(json!({"Records": []}), &[], &quarantine()).await, failures(&[]));
}
