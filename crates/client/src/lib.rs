//! The API as a client uses it: post likes, read counts, retry what may succeed later.

use std::{fmt, time::Duration};

use like::{LikeId, MovieId};
use reqwest::{Client, Response, StatusCode};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::time::sleep;

/// How long a client waits for an answer: longer than API Gateway, which gives up after 29 s.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum number of movies in one request for counts.
const MAX_MOVIES: usize = 100;
/// How often a request is retried that may succeed later.
const MAX_RETRIES: u32 = 30;
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The API does not do what it is asked.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The counts were not answered.
    #[error("the counts cannot be read")]
    Counts(#[source] reqwest::Error),
    /// The counts are not those of the movies that were asked for, in their order.
    #[error("the API answered with the counts of other movies")]
    OtherMovies,
    /// The API accepted a like, and its answer is not what `openapi.json` says.
    #[error("the answer to the like {0} cannot be read")]
    Malformed(LikeId, #[source] reqwest::Error),
    /// The API answered with a status that a retry does not change.
    #[error("the API rejected the like {0}: {1}")]
    Rejected(LikeId, Answer),
    /// Every retry failed.
    #[error("the like {0} was not accepted after {MAX_RETRIES} retries; the last answer was: {1}")]
    NotAccepted(LikeId, Answer),
}

/// What the API answered to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// This status.
    Status(StatusCode),
    /// Nothing: the connection failed or timed out.
    None,
}

impl Answer {
    /// Whether the stream has the like.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        self == Self::Status(StatusCode::ACCEPTED)
    }

    /// Whether a retry with the same key may be accepted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            Self::Status(status) => status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            Self::None => true,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::None => f.write_str("no answer"),
        }
    }
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

    /// Posts a like once. `body` is its JSON, such as `{"movieId": "tt0111161"}`.
    pub async fn post(&self, body: &impl Serialize, key: LikeId) -> Answer {
        self.send(body, key).await.map_or(Answer::None, |response| Answer::Status(response.status()))
    }

    /// Posts a like until it is accepted, with the same key each time, for up to about half a minute.
    ///
    /// # Errors
    /// [`ApiError::Rejected`] at once if a retry would not help, [`ApiError::NotAccepted`] if no retry did.
    pub async fn like(&self, body: &impl Serialize, key: LikeId) -> Result<Accepted, ApiError> {
        let mut retries = 0..MAX_RETRIES;
        loop {
            let answer = match self.send(body, key).await {
                Ok(response) if response.status() == StatusCode::ACCEPTED => {
                    return response.json().await.map_err(|error| ApiError::Malformed(key, error));
                }
                Ok(response) => Answer::Status(response.status()),
                Err(_) => Answer::None,
            };
            if !answer.is_transient() {
                return Err(ApiError::Rejected(key, answer));
            }
            if retries.next().is_none() {
                return Err(ApiError::NotAccepted(key, answer));
            }
            sleep(RETRY_PAUSE).await;
        }
    }

    async fn send(&self, body: &impl Serialize, key: LikeId) -> reqwest::Result<Response> {
        let request = self.client.post(&self.url).timeout(ANSWER_TIMEOUT).json(body);
        request.header("idempotency-key", key.to_string()).send().await
    }

    /// Reads the counts of movies, in their order. Retries for about half a minute, unless nothing listens at the URL.
    ///
    /// # Errors
    /// [`ApiError::Counts`] if the API does not answer, [`ApiError::OtherMovies`] if it answers with other movies.
    pub async fn counts(&self, movies: &[&str]) -> Result<Vec<u64>, ApiError> {
        let mut counts = Vec::with_capacity(movies.len());
        for movies in movies.chunks(MAX_MOVIES) {
            let mut retries = 0..MAX_RETRIES;
            let read = loop {
                match self.read(movies).await {
                    Ok(read) => break read,
                    Err(error) if !is_transient(&error) || retries.next().is_none() => {
                        return Err(ApiError::Counts(error));
                    }
                    Err(_) => sleep(RETRY_PAUSE).await,
                }
            };
            if !read.likes.iter().map(|count| count.movie_id.as_str()).eq(movies.iter().copied()) {
                return Err(ApiError::OtherMovies);
            }
            counts.extend(read.likes.iter().map(|count| count.likes));
        }
        Ok(counts)
    }

    async fn read(&self, movies: &[&str]) -> reqwest::Result<Counts> {
        let query: Vec<_> = movies.iter().map(|movie| ("movieId", movie)).collect();
        let request = self.client.get(&self.url).query(&query).timeout(ANSWER_TIMEOUT);
        request.send().await?.error_for_status()?.json().await
    }
}

/// Whether a request for counts may succeed if it is retried.
fn is_transient(error: &reqwest::Error) -> bool {
    match error.status() {
        Some(status) => Answer::Status(status).is_transient(),
        None => !error.is_connect() && !error.is_decode(),
    }
}
