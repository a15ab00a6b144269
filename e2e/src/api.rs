//! The API as its clients see it.

use std::time::Duration;

use like::LikeId;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::time::sleep;

/// How often a like that is throttled or not taken in time is sent again.
const MAX_TRIES: u32 = 20;

/// The stack's API.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    url: String,
}

/// An error answer.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: String,
    /// The header `Access-Control-Allow-Origin`.
    pub allow_origin: String,
    /// The body.
    pub body: Value,
}

/// A key of a like clicked now.
#[must_use]
pub fn new_key() -> LikeId {
    LikeId::new(jiff::Timestamp::now())
}

impl Api {
    /// The API at this URL.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { client: Client::new(), url }
    }

    /// A request for a like, to be changed at will.
    pub fn post(&self) -> RequestBuilder {
        self.client
            .post(&self.url)
            .header("content-type", "application/json")
            .header("origin", "https://e2e.example")
    }

    /// What a browser asks before it posts.
    pub fn preflight(&self) -> RequestBuilder {
        self.client
            .request(reqwest::Method::OPTIONS, &self.url)
            .header("origin", "https://e2e.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,idempotency-key")
    }

    /// A request for the counts of movies.
    pub fn get(&self, movies: &[&str]) -> RequestBuilder {
        let query: Vec<_> = movies.iter().map(|movie| ("movieId", movie)).collect();
        self.client.get(&self.url).query(&query)
    }

    /// Likes a movie as a good client does: with a key, and again with the same key until it is accepted.
    ///
    /// # Panics
    /// If the like is refused, or not accepted in the end.
    pub async fn like(&self, body: &Value, key: LikeId) -> Value {
        for _ in 0..MAX_TRIES {
            let request = self.post().header("idempotency-key", key.to_string()).body(body.to_string());
            match request.send().await {
                Ok(response) if response.status() == StatusCode::ACCEPTED => {
                    return response.json().await.expect("the answer is JSON");
                }
                Ok(response) if is_passing(response.status()) => {}
                Ok(response) => panic!("{:?}", problem(response).await),
                Err(error) => assert!(!error.is_builder(), "{error}"),
            }
            sleep(Duration::from_millis(500)).await;
        }
        panic!("not accepted after {MAX_TRIES} tries");
    }

    /// The counts of movies, in their order.
    ///
    /// # Panics
    /// If they are not answered.
    pub async fn counts(&self, movies: &[&str]) -> Vec<u64> {
        let response = self.get(movies).send().await.expect("the API answers");
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.expect("the answer is JSON");
        let likes = body["likes"].as_array().expect("likes is an array");
        assert_eq!(
            likes.iter().map(|like| like["movieId"].as_str().expect("a string")).collect::<Vec<_>>(),
            movies
        );
        likes.iter().map(|like| like["likes"].as_u64().expect("a count")).collect()
    }

    /// The count of one movie.
    ///
    /// # Panics
    /// If it is not answered.
    pub async fn count(&self, movie: &str) -> u64 {
        self.counts(&[movie]).await[0]
    }

    /// Sends a request that must be refused.
    ///
    /// # Panics
    /// If it is not answered at all, or not with JSON.
    pub async fn refusal(&self, request: RequestBuilder) -> Problem {
        problem(request.send().await.expect("the API answers")).await
    }
}

/// Whether the same request may be accepted later.
fn is_passing(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

async fn problem(response: Response) -> Problem {
    let header = |name| {
        let value =
            response.headers().get(name).map(|value| value.to_str().expect("the header is text").to_owned());
        value.unwrap_or_default()
    };
    Problem {
        status: response.status().as_u16(),
        content_type: header("content-type"),
        allow_origin: header("access-control-allow-origin"),
        body: response.json().await.expect("the answer is JSON"),
    }
}
