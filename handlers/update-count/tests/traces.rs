//! The traces of a batch's likes, sent to a collector of the test's own.

#![cfg(test)]

mod batch;
mod observed;

use std::time::{Duration, Instant, SystemTime};

use batch::{batch, like};
use collector::{Collector, Received};
use like::LikeEvent;
use observed::{handle, handle_traced};
use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use traces::{EXPORT_TIMEOUT, Traces};

/// A new like of this movie, published by the span `number` of the trace `number`; without a trace if it is 0.
fn published(movie: &str, number: u32) -> LikeEvent {
    traced(LikeEvent::decode(&like(movie)).unwrap(), number)
}

fn traced(event: LikeEvent, number: u32) -> LikeEvent {
    LikeEvent { traceparent: format!("00-{number:032x}-{number:016x}-01").parse().ok(), ..event }
}

/// Handles a batch with a record for each like, and returns the spans that the collector gets.
async fn spans(likes: &[LikeEvent]) -> Vec<Received> {
    let collector = Collector::start().await;
    let traces = Traces::to(&collector.endpoint(), "update-count").unwrap();
    let mut batch = batch(likes.iter().map(|like| like.encode().unwrap()));
    for record in &mut batch.records {
        record.event_source_arn = Some("arn:aws:kinesis:eu-west-1:123456789012:stream/likes".to_owned());
        record.event_id = Some("shardId-000000000006:1".to_owned());
        record.kinesis.approximate_arrival_timestamp.0 = (SystemTime::now() - Duration::from_secs(5)).into();
    }
    handle_traced(batch, traces.clone()).await;
    traces.flush().await;
    collector.spans().await
}

/// How late a busy machine may be.
const SLACK: Duration = Duration::from_secs(2);

fn is_error(span: &Received) -> bool {
    span.span.status.as_ref().is_some_and(|status| status.code() == StatusCode::Error)
}

#[tokio::test]
async fn each_likes_trace_ends_with_its_outcome_and_the_invocation_links_to_all_of_them() {
    let counted = published("m", 1);
    let copy = traced(counted.clone(), 2);
    let likes = [
        counted.clone(),
        copy,
        published("malformed", 3),
        published("rejected", 4),
        published("m", 0),
        published("other", 5),
    ];
    let spans = spans(&likes).await;

    let (invocation, of_likes) = spans.split_first().unwrap();
    assert_eq!(invocation.span.name, "process likes");
    assert_eq!(invocation.span.kind(), SpanKind::Consumer);
    assert_eq!(invocation.parent_id(), "", "it is a root");
    let context = |number| (format!("{number:032x}"), format!("{number:016x}"));
    assert_eq!(invocation.links(), (1..=5).map(context).collect::<Vec<_>>());
    for (key, value) in [
        ("messaging.system", "aws_kinesis"),
        ("messaging.operation.type", "process"),
        ("messaging.destination.name", "likes"),
        ("messaging.destination.partition.id", "shardId-000000000006"),
        ("messaging.batch.message_count", "6"),
        ("faas.trigger", "pubsub"),
        ("faas.invocation_id", "request-7"),
    ] {
        assert_eq!(invocation.attribute(key).as_deref(), Some(value), "{key}");
    }

    let outcomes = ["counted", "duplicate", "quarantined", "unfinished", "counted"];
    assert_eq!(of_likes.len(), outcomes.len());
    for ((number, outcome), span) in (1..).zip(outcomes).zip(of_likes) {
        assert_eq!((span.trace_id(), span.parent_id()), context(number));
        assert_eq!((span.span.name.as_str(), span.span.kind()), ("count like", SpanKind::Consumer));
        assert_eq!(span.attribute("likestream.outcome").as_deref(), Some(outcome));
        assert_eq!(span.links(), [(invocation.trace_id(), invocation.span_id())]);
        assert_eq!(is_error(span), ["quarantined", "unfinished"].contains(&outcome), "{outcome}");
        let lag: u64 = span.attribute("likestream.lag_ms").unwrap().parse().unwrap();
        assert!((5000..10_000).contains(&lag), "{lag}");
        assert_eq!(span.service, "update-count");
    }
    let id = counted.like_id.to_string();
    assert_eq!(of_likes[0].attribute("likestream.like_id"), Some(id));
}

#[tokio::test]
async fn a_like_ends_when_it_has_its_outcome_and_the_invocation_after_all_of_them() {
    let spans = spans(&[published("m", 1), published("malformed", 2)]).await;
    let (invocation, of_likes) = spans.split_first().unwrap();
    for span in of_likes {
        assert_eq!(span.span.start_time_unix_nano, invocation.span.start_time_unix_nano);
        assert!(span.span.end_time_unix_nano > span.span.start_time_unix_nano);
        assert!(span.span.end_time_unix_nano < invocation.span.end_time_unix_nano);
    }
}

#[tokio::test]
async fn an_invocation_links_to_no_more_than_128_traces_and_every_like_links_to_it() {
    let likes: Vec<_> = (1..=200).map(|number| published("m", number)).collect();
    let spans = spans(&likes).await;
    let (invocation, of_likes) = spans.split_first().unwrap();
    assert_eq!(invocation.links().len(), 128);
    assert_eq!(of_likes.len(), 200);
    let link = [(invocation.trace_id(), invocation.span_id())];
    assert!(of_likes.iter().all(|span| span.links() == link));
}

#[tokio::test]
async fn a_batch_without_a_traced_like_has_no_span() {
    assert_eq!(spans(&[published("m", 0), published("malformed", 0)]).await, []);
}

#[tokio::test]
async fn a_collector_that_is_gone_or_slow_takes_nothing_from_counting_and_half_a_second_afterwards() {
    let gone = Collector::start().await.endpoint();
    let slow = Collector::slow(Duration::from_mins(1)).await;
    let (_, untraced) = handle(batch([like("m")])).await;
    for endpoint in [gone, slow.endpoint()] {
        let traces = Traces::to(&endpoint, "update-count").unwrap();
        let (progress, line) =
            handle_traced(batch([published("m", 1).encode().unwrap()]), traces.clone()).await;
        assert!(progress);
        assert_eq!(line["Counted"], untraced["Counted"]);
        assert_eq!(slow.requests().await, 0, "counting does not wait for the collector");
        let started = Instant::now();
        traces.flush().await;
        assert!(started.elapsed() < EXPORT_TIMEOUT + SLACK, "{:?}", started.elapsed());
    }
    assert_eq!(slow.requests().await, 1);
}

#[tokio::test]
async fn no_span_names_a_user_or_a_movie() {
    let of_ann =
        LikeEvent { user_id: Some("ann@likes.example".parse().unwrap()), ..published("Metropolis", 1) };
    let spans = format!("{:?}", spans(&[of_ann]).await);
    assert!(spans.contains("counted") && !spans.contains("ann@") && !spans.contains("Metropolis"), "{spans}");
}
