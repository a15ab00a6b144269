//! The export of an invocation's spans to a collector of the test's own.

#![cfg(test)]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use collector::Collector;
use lambda_runtime::{LambdaInvocation, Service, service_fn, tower::BoxError};
use opentelemetry::trace::Tracer;
use traces::{EXPORT_TIMEOUT, Traces};

/// An invocation. The service under test does not look at it.
fn invocation() -> LambdaInvocation {
    let (parts, ()) = http::Response::new(()).into_parts();
    LambdaInvocation { parts, body: bytes::Bytes::new(), context: lambda_runtime::Context::default() }
}

fn end_spans(traces: &Traces, number: usize) {
    for _ in 0..number {
        traces.tracer().unwrap().start("span");
    }
}

/// Invokes a function that ends a span and responds; returns how long the invocation takes after its response.
async fn after_response(traces: &Traces) -> Duration {
    let responded = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&responded);
    let respond = service_fn(async |_: LambdaInvocation| {
        end_spans(traces, 1);
        responded.store(true, Ordering::SeqCst);
        Ok::<_, BoxError>(())
    });
    let mut service = traces.flushed(respond);
    let mut invoked = Box::pin(service.call(invocation()));
    let started = Instant::now();
    let early = tokio::time::timeout(Duration::from_millis(50), &mut invoked).await;
    assert!(flag.load(Ordering::SeqCst), "the response waits for the export");
    if early.is_err() {
        invoked.await.unwrap();
    }
    started.elapsed()
}

#[tokio::test]
async fn an_invocation_ends_once_the_collector_has_its_spans() {
    let collector = Collector::slow(Duration::from_millis(200)).await;
    let traces = Traces::to(&collector.endpoint(), "test").unwrap();
    let took = after_response(&traces).await;
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert_eq!(collector.spans().await.len(), 1);
    after_response(&traces).await;
    assert_eq!(collector.spans().await.len(), 2, "each span is exported once");
}

#[tokio::test]
async fn a_collector_that_does_not_respond_or_does_not_exist_is_given_up_in_half_a_second() {
    let slow = Collector::slow(Duration::from_mins(1)).await;
    let gone = Collector::start().await.endpoint();
    for endpoint in [slow.endpoint(), gone] {
        let took = after_response(&Traces::to(&endpoint, "test").unwrap()).await;
        assert!(took < EXPORT_TIMEOUT + Duration::from_secs(2), "{took:?}");
    }
    assert_eq!(slow.requests().await, 1);
}

#[tokio::test]
async fn without_spans_there_is_no_request() {
    let collector = Collector::start().await;
    Traces::to(&collector.endpoint(), "test").unwrap().flush().await;
    assert_eq!(collector.requests().await, 0);
}

#[tokio::test]
async fn no_more_than_2048_spans_are_kept() {
    let collector = Collector::start().await;
    let traces = Traces::to(&collector.endpoint(), "test").unwrap();
    end_spans(&traces, 3000);
    traces.flush().await;
    assert_eq!(collector.spans().await.len(), 2048);
    end_spans(&traces, 1);
    traces.flush().await;
    assert_eq!(collector.spans().await.len(), 2049);
}

#[test]
fn traces_are_off_without_an_endpoint() {
    assert!(Traces::from_env("test").unwrap().tracer().is_none());
}
