//! The API, as a client uses it.

use std::{collections::HashMap, fmt, time::Duration};

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;
use tokio::time::sleep;

use crate::schedule::Post;

/// How long a client waits for an answer: longer than API Gateway, which gives up after 29 s.
pub(crate) const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a request that is refused for the moment is made again.
const MAX_RETRIES: u32 = 30;
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// The most movies that one request may ask for.
const MAX_MOVIES: usize = 100;

/// The API does not do what it is asked.
#[derive(Debug, Error)]
pub(crate) enum ApiError {
    #[error("the counts cannot be read")]
    Counts(#[from] reqwest::Error),
    #[error("the like {0} was not accepted after {MAX_RETRIES} more tries; the last answer was: {1}")]
    NotAccepted(String, Answer),
}

/// The API's answer to a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Status(StatusCode),
    /// The connection broke, or time ran out.
    None,
}

impl Answer {
    pub(crate) fn is_accepted(self) -> bool {
        self == Self::Status(StatusCode::ACCEPTED)
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

/// The API of a stack.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
    url: String,
}

#[derive(Deserialize)]
struct Counts {
    likes: Vec<Count>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    movie_id: String,
    likes: u64,
}

impl Api {
    pub(crate) fn new(url: String) -> Self {
        Self { client: Client::new(), url }
    }

    /// Posts a like once.
    pub(crate) async fn post(&self, post: &Post) -> Answer {
        let request =
            self.client.post(&self.url).timeout(ANSWER_TIMEOUT).json(&json!({"movieId": post.movie}));
        let request = request.header("idempotency-key", post.key.to_string());
        request.send().await.map_or(Answer::None, |response| Answer::Status(response.status()))
    }

    /// Posts a like with its key again and again until it is accepted.
    pub(crate) async fn insist(&self, post: &Post) -> Result<(), ApiError> {
        let mut answer = Answer::None;
        for _ in 0..MAX_RETRIES {
            answer = self.post(post).await;
            if answer.is_accepted() {
                return Ok(());
            }
            sleep(RETRY_PAUSE).await;
        }
        Err(ApiError::NotAccepted(post.key.to_string(), answer))
    }

    /// Reads the counts of movies, again and again if need be.
    pub(crate) async fn counts(&self, movies: &[&str]) -> Result<HashMap<String, u64>, ApiError> {
        let mut counts = HashMap::new();
        for movies in movies.chunks(MAX_MOVIES) {
            let mut tries = 0..MAX_RETRIES;
            let read = loop {
                match self.read(movies).await {
                    Ok(read) => break read,
                    Err(error) if error.is_connect() || tries.next().is_none() => return Err(error.into()),
                    Err(_) => sleep(RETRY_PAUSE).await,
                }
            };
            counts.extend(read.likes.into_iter().map(|count| (count.movie_id, count.likes)));
        }
        Ok(counts)
    }

    async fn read(&self, movies: &[&str]) -> reqwest::Result<Counts> {
        let query: Vec<_> = movies.iter().map(|movie| ("movieId", movie)).collect();
        let request = self.client.get(&self.url).query(&query).timeout(ANSWER_TIMEOUT);
        request.send().await?.error_for_status()?.json().await
    }
}
