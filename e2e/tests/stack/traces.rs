//! The trace of a like, from its request to its count, sent to a collector of the test's own.

use collector::{Collector, Received};
use e2e::{Stack, eventually, new_key, new_movie};
use serde_json::json;

/// The spans of this like.
async fn of_like(collector: &Collector, like_id: &str) -> Vec<Received> {
    let spans = collector.spans().await;
    let like = |span: &Received| span.attribute("likestream.like_id").is_some_and(|id| id == like_id);
    let trace = spans.iter().find(|span| like(span)).map(Received::trace_id);
    spans.into_iter().filter(|span| Some(span.trace_id()) == trace).collect()
}

fn named<'a>(spans: &'a [Received], name: &str) -> &'a Received {
    spans.iter().find(|span| span.span.name.starts_with(name)).unwrap()
}

#[tokio::test]
async fn the_trace_of_a_like_goes_from_its_request_to_its_count() {
    let stack = Stack::find().await;
    // Only a stack that `with-traced-stack` starts sends its spans to a port that is free.
    let Some(endpoint) = &stack.outputs.otlp_endpoint else { return };
    let Some(collector) = Collector::at(endpoint.trim_start_matches("http://")).await else {
        eprintln!("spans go to another collector at {endpoint}, so this test has none to look at");
        return;
    };
    let (movie, key) = (new_movie(), new_key());
    let like = json!({"movieId": movie, "userId": "ann@likes.example"});
    stack.api.like(&like, key).await;
    let key = key.to_string();

    let counted = |spans: &Vec<Received>| {
        spans.iter().any(|span| span.attribute("likestream.outcome").as_deref() == Some("counted"))
    };
    let spans = eventually(async || of_like(&collector, &key).await, counted).await;

    let (request, publish) = (named(&spans, "POST /likes"), named(&spans, "PutRecord"));
    let count = named(&spans, "count like");
    assert_eq!(publish.parent_id(), request.span_id());
    assert_eq!(count.parent_id(), publish.span_id());
    assert_ne!(request.parent_id(), "", "the trace starts at API Gateway");
    let services = [request, publish, count].map(|span| span.service.as_str());
    assert_eq!(services, ["ingest-like", "ingest-like", "update-count"]);

    let [(trace_id, span_id)] = count.links().try_into().unwrap();
    let all = collector.spans().await;
    let invocation = all.iter().find(|span| span.span_id() == span_id).unwrap();
    assert_eq!(invocation.trace_id(), trace_id);
    assert!(invocation.links().contains(&(publish.trace_id(), publish.span_id())));
    assert_eq!(invocation.attribute("messaging.destination.name"), Some(stack.outputs.stream_name.clone()));
    let text = format!("{spans:?}");
    assert!(!text.contains("ann@") && !text.contains(&movie), "{text}");
}
