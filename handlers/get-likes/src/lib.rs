//! `GET /likes`: the counts of 1 to 100 movies.

mod query;
mod table;

use std::{collections::HashMap, convert::Infallible, time::Duration};

use api::{Cors, Problem, RequestMetrics};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use lambda_http::{
    Body, Request, RequestExt, Response, Service,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    service_fn,
    tower::Layer,
};
use like::MovieId;
use metrique::{ServiceMetrics, emf::flags::NoMetric, unit, unit_of_work::metrics};
use serde::Serialize;
pub use table::Counts;
use tokio::time::{Instant, timeout};

/// All calls of a request, within the function's timeout of 10 s: counts with several cells take more than one.
const TIME_TO_READ: Duration = Duration::from_secs(8);

/// The handler and its dependencies.
#[derive(Debug, Clone)]
pub struct GetLikes {
    counts: Counts,
    cors: Cors,
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

/// The metrics of a request.
#[metrics(rename_all = "PascalCase")]
struct GetMetrics {
    #[metrics(flags(NoMetric))]
    movies: usize,
    /// The time that DynamoDB took, retries included.
    #[metrics(unit = unit::Millisecond)]
    read_time: Option<Duration>,
    #[metrics(flatten)]
    request: RequestMetrics,
}

impl GetLikes {
    /// A handler that reads `counts`, with `cors` on its responses.
    #[must_use]
    pub fn new(counts: Counts, cors: Cors) -> Self {
        Self { counts, cors }
    }

    /// The handler as a service. It never fails: every failure is a response.
    pub fn service(
        &self,
    ) -> impl Service<Request, Response = Response<Body>, Error = Infallible, Future: Send> {
        self.cors.layer(service_fn(async |request: Request| Ok(self.handle(&request).await)))
    }

    async fn handle(&self, request: &Request) -> Response<Body> {
        let metrics = GetMetrics { movies: 0, read_time: None, request: RequestMetrics::new(request) };
        let mut metrics = metrics.append_on_drop(ServiceMetrics::sink_or_discard());
        let mut response = self.read(request, &mut metrics).await.unwrap_or_else(Response::from);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        metrics.request.set_status(response.status());
        response
    }

    async fn read(&self, request: &Request, metrics: &mut GetMetrics) -> Result<Response<Body>, Problem> {
        let parameters = request.query_string_parameters();
        let movies = query::movie_ids(parameters.all("movieId").unwrap_or_default())?;
        metrics.movies = movies.len();
        let started = Instant::now();
        let counts = timeout(TIME_TO_READ, self.counts.read(&movies)).await;
        metrics.read_time = Some(started.elapsed());
        let unavailable = || Problem::unavailable("the counts could not be read in time; retry");
        let counts = counts
            .map_err(|_| {
                tracing::error!(error = "out of time", "counts not read");
                unavailable()
            })?
            .map_err(|error| {
                tracing::error!(error = %DisplayErrorContext(&error), "counts not read");
                unavailable()
            })?;
        Ok(api::json(StatusCode::OK, "application/json", &in_order(movies, &counts)))
    }
}

/// The counts in the order of the request, 0 for a movie without a count.
fn in_order(movies: Vec<MovieId>, counts: &HashMap<MovieId, u64>) -> Likes {
    let likes = movies
        .into_iter()
        .map(|movie_id| MovieLikes { likes: counts.get(&movie_id).copied().unwrap_or(0), movie_id })
        .collect();
    Likes { likes }
}
