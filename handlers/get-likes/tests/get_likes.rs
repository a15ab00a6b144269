//! `GET /likes` as API Gateway sends it, against a mocked DynamoDB client.

#![cfg(test)]

use std::{
    collections::HashMap,
    io::{self, Read},
    sync::Arc,
};

use api::cors;
use aws_sdk_dynamodb::{
    Client,
    config::Region,
    operation::batch_get_item::{BatchGetItemError, BatchGetItemInput, BatchGetItemOutput},
    types::{AttributeValue, KeysAndAttributes, error::InternalServerError},
};
use aws_smithy_http_client::test_util::NeverClient;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use get_likes::{Counts, GetLikes};
use lambda_http::{Body, Request, RequestExt, Response, tower::ServiceExt};
use metrique::{
    ServiceMetrics,
    test_util::{self, TestEntrySink},
};
use serde_json::{Value, json};
use tokio::time::Instant;

const GET_LIKES: &str = include_str!("fixtures/get-likes.json");
const OPENAPI: &str = include_str!("../../../openapi.json");

fn request() -> Request {
    lambda_http::request::from_str(GET_LIKES).expect("the fixture is an API Gateway event")
}

fn request_for(movies: &[&str]) -> Request {
    let parameters =
        HashMap::from([("movieId".to_owned(), movies.iter().map(ToString::to_string).collect::<Vec<_>>())]);
    request().with_query_string_parameters(parameters)
}

async fn respond(dynamodb: Client, request: Request) -> Response<Body> {
    let cors = cors("*").expect("is an origin");
    let get_likes = GetLikes::new(Counts::new(dynamodb, "counts".into()), cors);
    let Ok(response) = get_likes.service().oneshot(request).await;
    response
}

fn body(response: &Response<Body>) -> Value {
    serde_json::from_slice(response.body()).expect("the body is JSON")
}

fn key(movie: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([("movieId".into(), AttributeValue::S(movie.into()))])
}

fn count(movie: &str, likes: u64) -> HashMap<String, AttributeValue> {
    let mut item = key(movie);
    item.insert("likes".into(), AttributeValue::N(likes.to_string()));
    item
}

/// The movies that a call reads, sorted.
fn movies(input: &BatchGetItemInput) -> Vec<String> {
    let keys = input.request_items().expect("has items")["counts"].keys();
    let mut movies: Vec<_> =
        keys.iter().map(|key| key["movieId"].as_s().expect("is a string").clone()).collect();
    movies.sort();
    movies
}

fn found(items: Vec<HashMap<String, AttributeValue>>) -> BatchGetItemOutput {
    BatchGetItemOutput::builder().responses("counts", items).build()
}

/// The response of a throttled table.
fn tt1_unprocessed() -> BatchGetItemOutput {
    let keys = KeysAndAttributes::builder().keys(key("tt1")).build().expect("is complete");
    BatchGetItemOutput::builder().unprocessed_keys("counts", keys).build()
}

#[tokio::test]
async fn counts_are_in_the_order_of_the_request_and_0_for_an_unknown_movie() {
    let read = mock!(Client::batch_get_item)
        .match_requests(|input| movies(input) == ["tt1", "tt2"])
        .then_output(|| found(vec![count("tt2", 18_446_744_073_709_551_615)]));
    let response = respond(mock_client!(aws_sdk_dynamodb, [&read]), request()).await;

    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    assert_eq!(
        body(&response),
        json!({"likes": [{"movieId": "tt1", "likes": 0}, {"movieId": "tt2", "likes": 18_446_744_073_709_551_615_u64}]})
    );
}

#[tokio::test]
async fn ids_that_differ_in_case_are_different_movies() {
    let read = mock!(Client::batch_get_item)
        .match_requests(|input| movies(input) == ["TT1", "Tt1", "tt1"])
        .then_output(|| found(vec![count("Tt1", 1), count("tt1", 2)]));
    let response =
        respond(mock_client!(aws_sdk_dynamodb, [&read]), request_for(&["tt1", "TT1", "Tt1"])).await;

    let expected = [("tt1", 2), ("TT1", 0), ("Tt1", 1)];
    let expected = expected.map(|(movie, likes)| json!({"movieId": movie, "likes": likes}));
    assert_eq!(body(&response), json!({"likes": expected}));
}

#[tokio::test]
async fn a_movie_requested_twice_is_read_once_and_returned_twice() {
    let read = mock!(Client::batch_get_item)
        .match_requests(|input| movies(input) == ["a", "b"])
        .then_output(|| found(vec![count("a", 1), count("b", 2)]));
    let response = respond(mock_client!(aws_sdk_dynamodb, [&read]), request_for(&["b", "a", "b"])).await;

    let likes = body(&response)["likes"].as_array().expect("is an array").clone();
    assert_eq!(
        likes.iter().map(|like| like["likes"].as_u64().expect("is a number")).collect::<Vec<_>>(),
        [2, 1, 2]
    );
}

#[tokio::test]
async fn unprocessed_keys_are_retried() {
    let first =
        mock!(Client::batch_get_item).match_requests(|input| movies(input) == ["a", "b"]).then_output(|| {
            let unprocessed = KeysAndAttributes::builder().keys(key("b")).build().expect("is complete");
            BatchGetItemOutput::builder()
                .responses("counts", vec![count("a", 1)])
                .unprocessed_keys("counts", unprocessed)
                .build()
        });
    let second = mock!(Client::batch_get_item)
        .match_requests(|input| movies(input) == ["b"])
        .then_output(|| found(vec![count("b", 2)]));
    let response = respond(mock_client!(aws_sdk_dynamodb, [&first, &second]), request_for(&["a", "b"])).await;

    assert_eq!(
        body(&response),
        json!({"likes": [{"movieId": "a", "likes": 1}, {"movieId": "b", "likes": 2}]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_throttled_table_is_retried_for_a_short_time() {
    let throttled = mock!(Client::batch_get_item).then_output(tt1_unprocessed);
    let started = Instant::now();
    respond(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&throttled]), request_for(&["tt1"])).await;

    // Two pauses of 50 and 100 ms, each at most doubled by jitter; tokio rounds up to milliseconds.
    assert!((150..=302).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn counts_that_cannot_be_read_are_never_returned_as_0() {
    let failing = mock!(Client::batch_get_item)
        .then_error(|| BatchGetItemError::InternalServerError(InternalServerError::builder().build()));
    let throttled = mock!(Client::batch_get_item).then_output(tt1_unprocessed);
    for (rule, calls) in [(failing, 1), (throttled, 3)] {
        let response = respond(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]), request()).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(body(&response)["detail"], "the counts could not be read in time; retry");
        assert_eq!(rule.num_calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_that_never_responds_is_a_503_before_the_functions_timeout() {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version_latest()
        .region(Region::from_static("eu-west-1"))
        .with_test_defaults()
        .http_client(NeverClient::new());
    let started = Instant::now();
    let response = respond(Client::from_conf(config.build()), request()).await;
    assert_eq!(response.status(), 503);
    assert_eq!(started.elapsed().as_secs(), 8);
}

#[tokio::test]
async fn each_request_has_a_line_of_metrics_with_its_status() {
    let TestEntrySink { inspector, sink } = test_util::test_entry_sink();
    let _writing = ServiceMetrics::set_test_sink(sink);
    let read = mock!(Client::batch_get_item).then_output(|| found(vec![count("tt1", 1)]));
    let failing = mock!(Client::batch_get_item)
        .then_error(|| BatchGetItemError::InternalServerError(InternalServerError::builder().build()));
    for (rule, request) in [(&read, request_for(&["tt1"])), (&read, request_for(&[])), (&failing, request())]
    {
        respond(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]), request).await;
    }

    let lines = inspector.entries();
    let numbers = |metric: &str| -> Vec<_> {
        lines.iter().map(|line| line.metrics.get(metric).map(|metric| metric.as_u64())).collect()
    };
    assert_eq!(numbers("Status"), [Some(200), Some(400), Some(503)]);
    assert_eq!(numbers("BadRequests"), [None, Some(1), None]);
    assert_eq!(numbers("Unavailable"), [None, None, Some(1)]);
    let times: Vec<_> = lines.iter().map(|line| line.metrics.contains_key("ReadTime")).collect();
    assert_eq!(times, [true, false, true]);
}

#[tokio::test]
async fn a_malformed_count_is_returned_as_0_and_logged_once_and_the_others_are_returned() {
    for likes in [
        None,
        Some(AttributeValue::S("7777".into())),
        Some(AttributeValue::N("-7777".into())),
        Some(AttributeValue::N("7777.5".into())),
        Some(AttributeValue::Null(true)),
    ] {
        let mut malformed = key("tt1");
        malformed.extend(likes.clone().map(|likes| ("likes".to_owned(), likes)));
        let read = mock!(Client::batch_get_item)
            .then_output(move || found(vec![malformed.clone(), count("tt2", 2)]));
        let (mut log, writer) = io::pipe().expect("is created");
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(writer)).finish();
        let logging = tracing::subscriber::set_default(subscriber);
        let request = request_for(&["tt1", "tt2", "tt1"]);
        let response = respond(mock_client!(aws_sdk_dynamodb, [&read]), request).await;
        drop(logging);

        assert_eq!(response.status(), 200);
        let (bad, good) = (json!({"movieId": "tt1", "likes": 0}), json!({"movieId": "tt2", "likes": 2}));
        assert_eq!(body(&response), json!({"likes": [bad, good, bad]}), "{likes:?}");
        let mut logged = String::new();
        log.read_to_string(&mut logged).expect("is text");
        let errors: Vec<_> = logged.lines().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), 1, "{logged}");
        assert!(errors[0].contains(r#"movie_id="tt1""#), "{logged}");
        assert!(!logged.contains("7777"), "the item is in the log: {logged}");
    }
}

#[tokio::test]
async fn a_bad_request_never_reaches_the_table() {
    let read = mock!(Client::batch_get_item).then_output(|| found(vec![]));
    let response = respond(mock_client!(aws_sdk_dynamodb, [&read]), request_for(&[])).await;

    assert_eq!(response.status(), 400);
    assert_eq!(body(&response)["errors"][0]["parameter"], "movieId");
    assert_eq!(read.num_calls(), 0);
}

/// The example of a response in `openapi.json`.
fn example(status: u16) -> Value {
    let document: Value = serde_json::from_str(OPENAPI).expect("is JSON");
    let response = &document["paths"]["/likes"]["get"]["responses"][status.to_string()];
    let content = response["content"].as_object().expect("has a body");
    content.values().next().expect("has a media type")["example"].clone()
}

#[tokio::test]
async fn every_response_is_its_example_in_openapi() {
    let reading = || mock!(Client::batch_get_item).then_output(|| found(vec![count("tt0111161", 3)]));
    let failing = mock!(Client::batch_get_item)
        .then_error(|| BatchGetItemError::InternalServerError(InternalServerError::builder().build()));
    for (status, movies, rule) in [
        (200, ["tt0111161", "tt0068646"], reading()),
        (400, ["tt0111161", "_"], reading()),
        (503, ["tt0111161", "tt0068646"], failing),
    ] {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let response = respond(client, request_for(&movies)).await;
        assert_eq!(response.status(), status);
        assert_eq!(body(&response), example(status));
    }
}
