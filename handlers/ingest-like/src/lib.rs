//! `POST /likes`: checks the request, puts one event on the stream and answers `202` once Kinesis has it.

mod media_type;
mod members;
mod request;

use api::{AllowedOrigins, Problem};
use aws_sdk_kinesis::error::DisplayErrorContext;
use jiff::Timestamp;
use lambda_http::{Body, Request, Response, http::StatusCode};
use like::{LikeEvent, LikeId, MovieId};
use serde::Serialize;
use stream::Stream;

/// The handler and what it needs.
#[derive(Debug, Clone)]
pub struct Ingest {
    stream: Stream,
    origins: AllowedOrigins,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Accepted<'a> {
    like_id: LikeId,
    movie_id: &'a MovieId,
}

impl Ingest {
    /// A handler that publishes to `stream` and lets pages of `origins` read its answers.
    #[must_use]
    pub fn new(stream: Stream, origins: AllowedOrigins) -> Self {
        Self { stream, origins }
    }

    /// Answers one request; every failure is an answer too.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let mut response = self.accept(request).await.unwrap_or_else(Response::from);
        self.origins.allow(request.headers(), response.headers_mut());
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    }

    async fn accept(&self, request: &Request) -> Result<Response<Body>, Problem> {
        let event = request::read(request.headers(), request.body(), Timestamp::now())?;
        self.publish(&event).await?;
        let accepted = Accepted { like_id: event.like_id, movie_id: &event.movie_id };
        Ok(api::json(StatusCode::ACCEPTED, "application/json", &accepted))
    }

    async fn publish(&self, event: &LikeEvent) -> Result<(), Problem> {
        self.stream.publish(event).await.map_err(|error| {
            let id = event.like_id;
            tracing::error!(like_id = %id, error = %DisplayErrorContext(&error), "not published");
            // The stream may have the like all the same. A client that sent no key needs its id to retry.
            Problem::unavailable(format!(
                "the like could not be taken in time; send it again with the header Idempotency-Key: {id}"
            ))
            .about(id)
        })
    }
}
