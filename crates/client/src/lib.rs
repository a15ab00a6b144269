//! A client of the API: posts likes, reads counts, and retries what may succeed later.

mod answer;
mod retries;

use std::time::Duration;

pub use answer::{Answer, Reply};
use like::{LikeId, MovieId};
use reqwest::{Client, Response, StatusCode};
pub use retries::Retries;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::sleep;

/// How long a client waits for an answer: longer than API Gateway, which gives up after 29 s.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of movies in one request for counts.
const MAX_MOVIES: usize = 100;
/// How long the delays between the retries of one request may be in total.
const MAX_RETRYING: Duration = Duration::from_mins(1);

/// The API does not do what it is asked.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The counts were not answered.
    #[error("the counts cannot be read from {url}")]
    Counts {
        /// Where they were asked for.
        url: String,
        /// Why they cannot be read.
        source: reqwest::Error,
    },
    /// The counts are not those of the movies that were asked for, in their order.
    #[error("the API answered with the counts of other movies")]
    OtherMovies,
    /// The API accepted a like, but its answer is not what `openapi.json` specifies.
    #[error("the answer to the like {0} cannot be read")]
    Malformed(LikeId, #[source] reqwest::Error),
    /// The API answered with a status that a retry does not change.
    #[error("the API rejected the like {0}: {1}")]
    Rejected(LikeId, Answer),
    /// Every retry failed.
    #[error("the like {0} was not accepted within a minute of retries; the last answer was: {1}")]
    NotAccepted(LikeId, Answer),
}

/// The body of a `202`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accepted {
    /// The like's id: the `Idempotency-Key` that it was posted with.
    pub like_id: LikeId,
    /// The movie that is liked.
    pub movie_id: MovieId,
}

/// The API of a stack.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    url: String,
}

/// A movie's count, as the API answers it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    movie_id: String,
    likes: u64,
}

#[derive(Deserialize)]
struct Counts {
    likes: Vec<Count>,
}

impl Api {
    /// The API at this URL: the stack's output `likesUrl`.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { client: Client::new(), url }
    }

    /// Where likes are posted to.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Posts a like once. `body` is its JSON, such as `{"movieId": "tt0111161"}`.
    pub async fn post(&self, body: &impl Serialize, key: LikeId) -> Reply {
        let exchange = async {
            let response = self.send(body, key).await?;
            let reply = Reply::from(&response);
            // A connection is reused only once its answer has been read to the end.
            response.bytes().await?;
            Ok(reply)
        };
        exchange.await.unwrap_or_else(|error: reqwest::Error| Reply::from(&error))
    }

    /// Posts a like until it is accepted, with the same key each time, for about a minute.
    ///
    /// # Errors
    /// [`ApiError::Rejected`] at once if a retry would not help, [`ApiError::NotAccepted`] if no retry did.
    pub async fn like(&self, body: &impl Serialize, key: LikeId) -> Result<Accepted, ApiError> {
        let mut retries = Retries::up_to(MAX_RETRYING);
        loop {
            let reply = match self.send(body, key).await {
                Ok(response) if response.status() == StatusCode::ACCEPTED => {
                    return response.json().await.map_err(|error| ApiError::Malformed(key, error));
                }
                Ok(response) => Reply::from(&response),
                Err(error) => Reply::from(&error),
            };
            if !reply.answer.is_transient() {
                return Err(ApiError::Rejected(key, reply.answer));
            }
            let Some(delay) = retries.delay(reply.retry_after) else {
                return Err(ApiError::NotAccepted(key, reply.answer));
            };
            sleep(delay).await;
        }
    }

    async fn send(&self, body: &impl Serialize, key: LikeId) -> reqwest::Result<Response> {
        let request = self.client.post(&self.url).timeout(ANSWER_TIMEOUT).json(body);
        request.header("idempotency-key", key.to_string()).send().await
    }

    /// Reads the counts of movies, in their order. Retries for about a minute, unless nothing listens at the URL.
    ///
    /// # Errors
    /// [`ApiError::Counts`] if the API does not answer, [`ApiError::OtherMovies`] if it answers with other movies.
    pub async fn counts(&self, movies: &[&str]) -> Result<Vec<u64>, ApiError> {
        let mut counts = Vec::with_capacity(movies.len());
        for movies in movies.chunks(MAX_MOVIES) {
            let mut retries = Retries::up_to(MAX_RETRYING);
            let read = loop {
                let Unread { error, retry_after } = match self.read(movies).await {
                    Ok(read) => break read,
                    Err(unread) => unread,
                };
                match retries.delay(retry_after) {
                    Some(delay) if is_transient(&error) => sleep(delay).await,
                    _ => {
                        // Without the query, which may name 100 movies.
                        let source = error.without_url();
                        return Err(ApiError::Counts { url: self.url.clone(), source });
                    }
                }
            };
            if !read.likes.iter().map(|count| count.movie_id.as_str()).eq(movies.iter().copied()) {
                return Err(ApiError::OtherMovies);
            }
            counts.extend(read.likes.iter().map(|count| count.likes));
        }
        Ok(counts)
    }

    async fn read(&self, movies: &[&str]) -> Result<Counts, Unread> {
        let query: Vec<_> = movies.iter().map(|movie| ("movieId", movie)).collect();
        let response = self.client.get(&self.url).query(&query).timeout(ANSWER_TIMEOUT).send().await?;
        let retry_after = Reply::from(&response).retry_after;
        let response = response.error_for_status().map_err(|error| Unread { error, retry_after })?;
        Ok(response.json().await?)
    }
}

/// Counts that could not be read.
struct Unread {
    error: reqwest::Error,
    retry_after: Option<Duration>,
}

impl From<reqwest::Error> for Unread {
    fn from(error: reqwest::Error) -> Self {
        Self { error, retry_after: None }
    }
}

/// Whether a request for counts may succeed if it is retried.
fn is_transient(error: &reqwest::Error) -> bool {
    !error.is_connect() && !error.is_decode() && Answer::from(error).is_transient()
}
