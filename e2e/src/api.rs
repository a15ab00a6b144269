//! The API, as seen by its clients.

use client::Accepted;
use like::LikeId;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

/// The stack's API.
#[derive(Debug, Clone)]
pub struct Api {
    client: client::Api,
    http: Client,
    url: String,
}

/// An error response.
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

/// A key for a like clicked now.
#[must_use]
pub fn new_key() -> LikeId {
    LikeId::new(jiff::Timestamp::now())
}

impl Api {
    /// The API at this URL.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { client: client::Api::new(url.clone()), http: Client::new(), url }
    }

    /// Likes a movie as a well-behaved client does: retries with the same key until the like is accepted.
    ///
    /// # Panics
    /// If the like is rejected, or the retries run out.
    pub async fn like(&self, body: &Value, key: LikeId) -> Accepted {
        self.client.like(body, key).await.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// The counts of movies, in order.
    ///
    /// # Panics
    /// If they cannot be read.
    pub async fn counts(&self, movies: &[&str]) -> Vec<u64> {
        self.client.counts(movies).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The count of one movie.
    ///
    /// # Panics
    /// If it cannot be read.
    pub async fn count(&self, movie: &str) -> u64 {
        self.counts(&[movie]).await[0]
    }

    /// A request for a like, without a body.
    pub fn post(&self) -> RequestBuilder {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        request.header("origin", "https://e2e.example")
    }

    /// A browser's preflight request before a like.
    pub fn preflight(&self) -> RequestBuilder {
        self.http
            .request(reqwest::Method::OPTIONS, &self.url)
            .header("origin", "https://e2e.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type,idempotency-key")
    }

    /// A request for the counts of movies.
    pub fn get(&self, movies: &[&str]) -> RequestBuilder {
        let query: Vec<_> = movies.iter().map(|movie| ("movieId", movie)).collect();
        self.http.get(&self.url).query(&query)
    }

    /// Sends a request that must be rejected.
    ///
    /// # Panics
    /// If there is no response, or its body is not JSON.
    pub async fn rejection(&self, request: RequestBuilder) -> Problem {
        problem(request.send().await.expect("the API responds")).await
    }
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
        body: response.json().await.expect("the body is JSON"),
    }
}
