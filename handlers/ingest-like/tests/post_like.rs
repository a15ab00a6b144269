//! `POST /likes` as API Gateway sends it, against a mocked Kinesis client.

#![cfg(test)]

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use api::cors;
use aws_sdk_kinesis::{
    Client,
    operation::put_record::{PutRecordError, PutRecordInput, PutRecordOutput},
    types::error::ProvisionedThroughputExceededException,
};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use ingest_like::Ingest;
use lambda_http::{Body, Context, Request, RequestExt, Response, tower::ServiceExt};
use like::{LikeEvent, LikeId};
use metrique::{
    ServiceMetrics,
    test_util::{self, TestEntry, TestEntrySink},
};
use serde_json::{Value, json};
use stream::{Publisher, Stream};

const POST_LIKE: &str = include_str!("fixtures/post-like.json");
const OPENAPI: &str = include_str!("../../../openapi.json");

fn request() -> Request {
    lambda_http::request::from_str(POST_LIKE).expect("the fixture is an API Gateway event")
}

async fn respond(kinesis: Client, request: Request) -> Response<Body> {
    let cors = cors("https://likes.example").expect("is an origin");
    let publisher = Publisher::new(Stream::new(kinesis, "likes".into()), Duration::from_secs(6));
    let ingest = Ingest::new(publisher, cors);
    let Ok(response) = ingest.service().oneshot(request).await;
    response
}

fn body(response: &Response<Body>) -> Value {
    serde_json::from_slice(response.body()).expect("the body is JSON")
}

fn acknowledged() -> PutRecordOutput {
    PutRecordOutput::builder()
        .shard_id("shardId-000000000000")
        .sequence_number("1")
        .build()
        .expect("is complete")
}

fn event(input: &PutRecordInput) -> LikeEvent {
    LikeEvent::decode(input.data().expect("has data").as_ref()).expect("is an event")
}

/// Acknowledges only the record that the fixture's like must become.
fn acknowledges_the_like_of_u_42() -> Rule {
    mock!(Client::put_record)
        .match_requests(|input| {
            let event = event(input);
            input.stream_name() == Some("likes")
                && input.partition_key() == Some("Tt0111161")
                && input.data().is_some_and(|data| data.as_ref().ends_with(b"}\n"))
                && event.movie_id.as_str() == "Tt0111161"
                && event.user_id.as_ref().is_some_and(|user| user.as_str() == "U-42")
        })
        .then_output(acknowledged)
}

#[tokio::test]
async fn a_like_is_published_and_the_response_is_202() {
    let put = acknowledges_the_like_of_u_42();
    let response = respond(mock_client!(aws_sdk_kinesis, [&put]), request()).await;

    assert_eq!(response.status(), 202);
    assert_eq!(put.num_calls(), 1);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["access-control-allow-origin"], "https://likes.example");
    let like_id =
        body(&response)["likeId"].as_str().expect("is a string").parse::<LikeId>().expect("is a like's id");
    assert_eq!(body(&response), json!({"likeId": like_id, "movieId": "Tt0111161"}));
}

#[tokio::test]
async fn the_clients_key_is_the_likes_id_on_the_stream_and_in_the_response() {
    let key = LikeId::new(jiff::Timestamp::now());
    let put = mock!(Client::put_record)
        .match_requests(move |input| event(input).like_id == key)
        .then_output(acknowledged);
    let mut request = request();
    request.headers_mut().insert("idempotency-key", key.to_string().parse().expect("is a header's value"));

    let response = respond(mock_client!(aws_sdk_kinesis, [&put]), request).await;

    assert_eq!(response.status(), 202);
    assert_eq!(body(&response)["likeId"], key.to_string());
}

fn throttled() -> PutRecordError {
    PutRecordError::ProvisionedThroughputExceededException(
        ProvisionedThroughputExceededException::builder().build(),
    )
}

#[tokio::test]
async fn a_like_that_kinesis_does_not_acknowledge_is_a_503_with_the_key_to_retry_with() {
    let attempted = Arc::new(Mutex::new(BTreeSet::new()));
    let ids = Arc::clone(&attempted);
    let put = mock!(Client::put_record)
        .match_requests(move |input| {
            ids.lock().expect("is not poisoned").insert(event(input).like_id);
            true
        })
        .then_error(throttled);
    let response = respond(mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&put]), request()).await;

    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["access-control-allow-origin"], "https://likes.example");
    let like_id: LikeId =
        body(&response)["likeId"].as_str().expect("is a string").parse().expect("is a like's id");
    assert_eq!(
        body(&response)["detail"],
        format!("the like could not be accepted in time; retry with the header Idempotency-Key: {like_id}")
    );
    // Kinesis may have stored the record; the retry then names the same like.
    assert_eq!(*attempted.lock().expect("is not poisoned"), BTreeSet::from([like_id]));
}

#[tokio::test]
async fn each_request_has_a_line_of_metrics_with_its_status_and_the_invocation() {
    let TestEntrySink { inspector, sink } = test_util::test_entry_sink();
    let _writing = ServiceMetrics::set_test_sink(sink);
    let mut context = Context::default();
    context.request_id = "request-7".to_owned();
    let accepted = mock!(Client::put_record).then_output(acknowledged);
    let unavailable = mock!(Client::put_record).then_error(throttled);
    let spilled = mock!(Client::put_record).sequence().error(throttled).output(acknowledged).build();
    let (mut malformed, mut text) = (request(), request());
    *malformed.body_mut() = Body::Text("{".into());
    text.headers_mut().insert("content-type", "text/plain".parse().expect("is a header's value"));
    for (rule, request) in [
        (&accepted, request()),
        (&accepted, malformed),
        (&accepted, text),
        (&unavailable, request()),
        (&spilled, request()),
    ] {
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [rule]);
        respond(client, request.with_lambda_context(context.clone())).await;
    }

    let lines = inspector.entries();
    let number = |line: &TestEntry, metric: &str| line.metrics.get(metric).map(|metric| metric.as_u64());
    for (line, status, accepted, error) in [
        (&lines[0], 202, 1, None),
        (&lines[1], 400, 0, Some("BadRequests")),
        (&lines[2], 415, 0, Some("UnsupportedMediaTypes")),
        (&lines[3], 503, 0, Some("Unavailable")),
        (&lines[4], 202, 1, None),
    ] {
        assert_eq!(line.values["RequestId"], "request-7");
        assert_eq!((number(line, "Status"), number(line, "Accepted")), (Some(status), Some(accepted)));
        for metric in ["BadRequests", "PayloadsTooLarge", "UnsupportedMediaTypes", "Unavailable"] {
            assert_eq!(number(line, metric), (Some(metric) == error).then_some(1), "{metric} of {status}");
        }
        assert_eq!(line.metrics.contains_key("PublishTime"), [202, 503].contains(&status), "{status}");
    }
    let spilled: Vec<_> = lines.iter().map(|line| number(line, "Spilled")).collect();
    assert_eq!(spilled, [None, None, None, None, Some(1)]);
    assert_eq!(lines.len(), 5);
}

#[tokio::test]
async fn a_503_names_the_clients_own_key() {
    let key = LikeId::new(jiff::Timestamp::now());
    let put = mock!(Client::put_record).then_error(throttled);
    let mut request = request();
    request.headers_mut().insert("idempotency-key", key.to_string().parse().expect("is a header's value"));

    let response = respond(mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&put]), request).await;

    assert_eq!(body(&response)["likeId"], key.to_string());
}

#[tokio::test]
async fn a_rejected_like_never_reaches_the_stream() {
    let put = mock!(Client::put_record).then_output(acknowledged);
    let mut request = request();
    *request.body_mut() = Body::Text(r#"{"movieId":"."}"#.into());

    let response = respond(mock_client!(aws_sdk_kinesis, [&put]), request).await;

    assert_eq!(response.status(), 400);
    assert_eq!(body(&response)["errors"][0]["pointer"], "#/movieId");
    assert_eq!(response.headers()["access-control-allow-origin"], "https://likes.example");
    assert_eq!(put.num_calls(), 0);
}

/// The example of a response in `openapi.json`, for a like with this id.
fn example(status: u16, like_id: LikeId) -> Value {
    let document: Value = serde_json::from_str(OPENAPI).expect("is JSON");
    let post = &document["paths"]["/likes"]["post"];
    let content = post["responses"][status.to_string()]["content"].as_object().expect("has a body");
    let example = content.values().next().expect("has a media type")["example"].to_string();
    // The example's own id is too far from now to be accepted.
    let its_id = post["parameters"][0]["example"].as_str().expect("is a string");
    serde_json::from_str(&example.replace(its_id, &like_id.to_string())).expect("is JSON")
}

#[tokio::test]
async fn every_response_is_its_example_in_openapi() {
    let key = LikeId::new(jiff::Timestamp::now());
    let accepting = || mock!(Client::put_record).then_output(acknowledged);
    let failing = || mock!(Client::put_record).then_error(throttled);
    let like = r#"{"movieId":"tt0111161","userId":"u-42"}"#;
    for (status, content_type, body, rule) in [
        (202, "application/json", like.to_owned(), accepting()),
        (400, "application/json", r#"{"userId":"_"}"#.to_owned(), accepting()),
        (413, "application/json", format!("{like:<4097}"), accepting()),
        (415, "text/plain", like.to_owned(), accepting()),
        (503, "application/json", like.to_owned(), failing()),
    ] {
        let mut request = request();
        let value = |text: &str| text.parse().expect("is a header's value");
        request.headers_mut().insert("content-type", value(content_type));
        request.headers_mut().insert("idempotency-key", value(&key.to_string()));
        *request.body_mut() = Body::Text(body);
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&rule]);

        let response = respond(client, request).await;

        assert_eq!(response.status(), status);
        assert_eq!(self::body(&response), example(status, key));
    }
}
