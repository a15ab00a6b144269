//! `GET /likes`: the counts of 1 to 100 movies, so that a page can show them.

mod query;
mod table;

use std::collections::HashMap;

use api::{AllowedOrigins, Problem};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
};
use like::MovieId;
use serde::Serialize;
pub use table::{Counts, ReadError};

/// The handler and what it needs.
#[derive(Debug, Clone)]
pub struct GetLikes {
    counts: Counts,
    origins: AllowedOrigins,
}

#[derive(Serialize)]
struct Likes {
    likes: Vec<MovieLikes>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MovieLikes {
    movie_id: MovieId,
    likes: u64,
}

impl GetLikes {
    /// A handler that reads `counts` and lets pages of `origins` read its answers.
    #[must_use]
    pub fn new(counts: Counts, origins: AllowedOrigins) -> Self {
        Self { counts, origins }
    }

    /// Answers one request; every failure is an answer too.
    pub async fn handle(&self, request: &Request) -> Response<Body> {
        let mut response = self.read(request).await.unwrap_or_else(Response::from);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        self.origins.allow(request.headers(), headers);
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    }

    async fn read(&self, request: &Request) -> Result<Response<Body>, Problem> {
        let parameters = request.query_string_parameters();
        let asked = query::movie_ids(parameters.all("movieId").unwrap_or_default())?;
        let counts = self.counts.read(&asked).await.map_err(|error| {
            tracing::error!(error = %DisplayErrorContext(&error), "counts not read");
            Problem::unavailable("the counts could not be read in time; ask again")
        })?;
        Ok(api::json(StatusCode::OK, "application/json", &in_order(asked, &counts)))
    }
}

/// The counts in the order asked, 0 for a movie that has none.
fn in_order(asked: Vec<MovieId>, counts: &HashMap<MovieId, u64>) -> Likes {
    let likes = asked
        .into_iter()
        .map(|movie_id| MovieLikes { likes: counts.get(&movie_id).copied().unwrap_or(0), movie_id })
        .collect();
    Likes { likes }
}
