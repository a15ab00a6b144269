//! `POST /likes`: validates the request, publishes one event and responds `202` once Kinesis has acknowledged it.

mod allowance;
mod fields;
mod media_type;
mod request;
mod spans;

use std::{convert::Infallible, sync::Arc, time::Duration};

use api::{Cors, Problem, RequestMetrics};
use aws_sdk_kinesis::error::DisplayErrorContext;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, Service, http::StatusCode, service_fn, tower::Layer};
use like::{LikeEvent, LikeId, MovieId};
use metrique::{ServiceMetrics, unit, unit_of_work::metrics};
use serde::Serialize;
use startup::metrics::Count;
use stream::{PartitionKey, Publisher};
use tokio::time::Instant;
use traces::Traces;

use crate::spans::{Span, Spans};

/// The handler and its dependencies.
#[derive(Debug, Clone)]
pub struct Ingest {
    publisher: Arc<Publisher>,
    cors: Cors,
    spans: Spans,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    like_id: LikeId,
    movie_id: &'a MovieId,
}

/// The metrics of a request.
#[metrics(rename_all = "PascalCase")]
struct IngestMetrics {
    /// Likes that Kinesis has acknowledged. Always present, to be compared with the likes counted.
    #[metrics(unit = unit::Count)]
    accepted: usize,
    /// Those of them that are not on their movie's shard, because it was full.
    #[metrics(unit = unit::Count)]
    spilled: Count,
    /// The time that Kinesis took, retries included.
    #[metrics(unit = unit::Millisecond)]
    publish_time: Option<Duration>,
    #[metrics(flatten)]
    request: RequestMetrics,
}

impl Ingest {
    /// A handler that publishes with `publisher`, with `cors` on its responses.
    #[must_use]
    pub fn new(publisher: Publisher, cors: Cors) -> Self {
        Self { publisher: Arc::new(publisher), cors, spans: Spans::default() }
    }

    /// Traces requests that X-Ray samples, at most twice so many of a hundred, however many it samples.
    #[must_use]
    pub fn traced(mut self, traces: Traces, percent: u32) -> Self {
        self.spans = Spans::new(traces, percent);
        self
    }

    /// The handler as a service. It never fails: every failure is a response.
    pub fn service(
        &self,
    ) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send> {
        self.cors.layer(service_fn(async |request: Request| Ok(self.handle(&request).await)))
    }

    async fn handle(&self, request: &Request) -> Response<Body> {
        let metrics = IngestMetrics {
            accepted: 0,
            spilled: Count::default(),
            publish_time: None,
            request: RequestMetrics::new(request),
        };
        let mut metrics = metrics.append_on_drop(ServiceMetrics::sink_or_discard());
        let span = self.spans.request(request);
        let response = self.accept(request, &span, &mut metrics).await.unwrap_or_else(Response::from);
        metrics.request.set_status(response.status());
        span.respond(response.status());
        response
    }

    async fn accept(
        &self,
        request: &Request,
        span: &Span,
        metrics: &mut IngestMetrics,
    ) -> Result<Response<Body>, Problem> {
        let mut event = request::read(request.headers(), request.body(), Timestamp::now())?;
        let span = span.publish(&mut event, self.publisher.stream_name());
        let started = Instant::now();
        let published = self.publish(&event).await;
        span.end(&published);
        metrics.publish_time = Some(started.elapsed());
        if published? == PartitionKey::Like {
            metrics.spilled += 1;
        }
        metrics.accepted = 1;
        let accepted = Accepted { like_id: event.like_id, movie_id: &event.movie_id };
        Ok(api::json(StatusCode::ACCEPTED, "application/json", &accepted))
    }

    async fn publish(&self, event: &LikeEvent) -> Result<PartitionKey, Problem> {
        self.publisher.publish(event).await.map_err(|error| {
            let id = event.like_id;
            tracing::error!(like_id = %id, error = %DisplayErrorContext(&error), "not published");
            // The like may be on the stream nevertheless. A client that sent no key needs the id to retry.
            Problem::unavailable(format!(
                "the like could not be accepted in time; retry with the header Idempotency-Key: {id}"
            ))
            .about(id)
        })
    }
}
