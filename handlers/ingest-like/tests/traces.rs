//! The trace of a request, sent to a collector of the test's own.

#![cfg(test)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_kinesis::{
    Client,
    operation::put_record::{PutRecordError, PutRecordOutput},
    types::error::ProvisionedThroughputExceededException,
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use collector::{Collector, Received};
use ingest_like::Ingest;
use lambda_http::{Context, Request, RequestExt, tower::ServiceExt};
use like::LikeEvent;
use opentelemetry_proto::tonic::trace::v1::{Status, span::SpanKind, status::StatusCode};
use stream::{Publisher, Stream};
use traces::Traces;

const POST_LIKE: &str = include_str!("fixtures/post-like.json");
const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

/// A request of which Lambda says this about its trace.
fn request(x_ray: Option<&str>) -> Request {
    let mut context = Context::default();
    context.request_id = "request-7".to_owned();
    context.xray_trace_id = x_ray.map(str::to_owned);
    lambda_http::request::from_str(POST_LIKE)
        .expect("the fixture is an API Gateway event")
        .with_lambda_context(context)
}

/// Responds to requests, and returns the status of the last response and the lines that were published.
async fn respond(traces: &Traces, percent: u32, requests: Vec<Request>, up: bool) -> (u16, Vec<String>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let published = Arc::clone(&lines);
    let put = mock!(Client::put_record).match_requests(move |input| {
        let line = input.data().expect("has data").as_ref().to_vec();
        published.lock().expect("is not poisoned").push(String::from_utf8(line).expect("is UTF-8"));
        true
    });
    let acknowledged = || {
        let output = PutRecordOutput::builder().shard_id("shardId-000000000000").sequence_number("1");
        output.build().expect("is complete")
    };
    let throttled = || {
        PutRecordError::ProvisionedThroughputExceededException(
            ProvisionedThroughputExceededException::builder().build(),
        )
    };
    let put = if up { put.then_output(acknowledged) } else { put.then_error(throttled) };
    let kinesis = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&put]);
    let cors = api::cors("https://likes.example").expect("is an origin");
    let stream = Stream::new(kinesis, "likes".into());
    let ingest =
        Ingest::new(Publisher::new(stream, Duration::from_secs(6)), cors).traced(traces.clone(), percent);
    let mut status = 0;
    for request in requests {
        let Ok(response) = ingest.service().oneshot(request).await;
        status = response.status().as_u16();
    }
    let lines = lines.lock().expect("is not poisoned").clone();
    (status, lines)
}

async fn on() -> (Collector, Traces) {
    let collector = Collector::start().await;
    let traces = Traces::to(&collector.endpoint(), "ingest-like").expect("is a URL");
    (collector, traces)
}

async fn flushed(collector: &Collector, traces: &Traces) -> Vec<Received> {
    traces.flush().await;
    collector.spans().await
}

fn event(line: &str) -> LikeEvent {
    LikeEvent::decode(line.as_bytes()).expect("is an event")
}

#[tokio::test]
async fn a_sampled_request_has_a_span_with_a_publish_whose_context_is_in_the_event() {
    let (collector, traces) = on().await;
    let (status, lines) = respond(&traces, 100, vec![request(Some(SAMPLED))], true).await;
    assert_eq!(status, 202);
    assert_eq!(collector.requests().await, 0, "the response does not wait for the collector");
    let event = event(&lines[0]);

    let spans = flushed(&collector, &traces).await;
    let [publish, request] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!((request.span.name.as_str(), request.span.kind()), ("POST /likes", SpanKind::Server));
    assert_eq!(request.trace_id(), "5759e988bd862e3fe1be46a994272793");
    assert_eq!(request.parent_id(), "53995c3f42cd8ad8", "X-Ray's span of the function");
    assert_eq!((publish.span.name.as_str(), publish.span.kind()), ("PutRecord likes", SpanKind::Producer));
    assert_eq!((publish.trace_id(), publish.parent_id()), (request.trace_id(), request.span_id()));
    let traceparent = event.traceparent.expect("is traced").to_string();
    assert_eq!(traceparent, format!("00-{}-{}-01", publish.trace_id(), publish.span_id()));

    for (span, key, value) in [
        (request, "http.request.method", "POST"),
        (request, "http.route", "/likes"),
        (request, "http.response.status_code", "202"),
        (request, "faas.trigger", "http"),
        (request, "faas.invocation_id", "request-7"),
        (publish, "messaging.system", "aws_kinesis"),
        (publish, "messaging.operation.type", "send"),
        (publish, "messaging.destination.name", "likes"),
        (publish, "likestream.like_id", &event.like_id.to_string()),
    ] {
        assert_eq!(span.attribute(key).as_deref(), Some(value), "{key}");
        assert_eq!(span.service, "ingest-like");
    }
    let text = format!("{spans:?}");
    assert!(!text.contains("U-42") && !text.contains("Tt0111161") && !text.contains("203.0.113.7"), "{text}");
}

#[tokio::test]
async fn a_like_that_is_not_published_or_not_valid_is_an_error_or_a_request_alone() {
    let (collector, traces) = on().await;
    assert_eq!(respond(&traces, 100, vec![request(Some(SAMPLED))], false).await.0, 503);
    let spans = flushed(&collector, &traces).await;
    let failed = |span: &Received| span.span.status.as_ref().map(Status::code);
    assert_eq!(spans.iter().map(failed).collect::<Vec<_>>(), [Some(StatusCode::Error); 2]);

    let (collector, traces) = on().await;
    let mut malformed = request(Some(SAMPLED));
    *malformed.body_mut() = "{".into();
    assert_eq!(respond(&traces, 100, vec![malformed], true).await.0, 400);
    let spans = flushed(&collector, &traces).await;
    let [span] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(span.attribute("http.response.status_code").as_deref(), Some("400"));
    assert_eq!(failed(span), Some(StatusCode::Unset));
}

#[tokio::test]
async fn what_x_ray_does_not_sample_is_not_traced_whatever_the_client_sends() {
    let (collector, traces) = on().await;
    let unsampled = SAMPLED.replace("Sampled=1", "Sampled=0");
    for x_ray in [None, Some(unsampled.as_str()), Some("junk")] {
        let mut request = request(x_ray);
        for (name, value) in [
            ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
            ("tracestate", "a=b"),
            ("baggage", "userId=ann"),
            ("x-amzn-trace-id", SAMPLED),
        ] {
            request.headers_mut().insert(name, value.parse().expect("is a header's value"));
        }
        let (status, lines) = respond(&traces, 100, vec![request], true).await;
        assert_eq!(status, 202);
        assert!(!lines[0].contains("trace"), "{}", lines[0]);
    }
    assert_eq!(flushed(&collector, &traces).await, []);
}

#[tokio::test]
async fn a_client_that_has_x_ray_sample_every_request_has_few_of_them_traced() {
    let (collector, traces) = on().await;
    let requests = (0..200).map(|_| request(Some(SAMPLED))).collect();
    let (_, lines) = respond(&traces, 5, requests, true).await;
    assert_eq!(lines.len(), 200);
    let number = lines.iter().filter(|line| event(line).traceparent.is_some()).count();
    // Ten, and one for every ten requests after the first.
    assert_eq!(number, 10 + 199 / 10);
    assert_eq!(flushed(&collector, &traces).await.len(), 2 * number);
}

#[tokio::test]
async fn without_a_collector_the_event_is_as_it_always_was() {
    let (_, lines) = respond(&Traces::default(), 100, vec![request(Some(SAMPLED))], true).await;
    let event = event(&lines[0]);
    let untraced = LikeEvent::new(event.like_id, event.movie_id, event.user_id).encode();
    assert_eq!(lines[0].as_bytes(), untraced.expect("is JSON"));
}
