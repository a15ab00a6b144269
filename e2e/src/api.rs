//! The API as its clients see it.

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
        Self { client: client::Api::new(url.clone()), http: Client::new(), url }
    }

    /// Likes a movie as a good client does: with a key, retried with the same key until it is accepted.
    ///
    /// # Panics
    /// If the like is rejected, or not accepted in the end.
    pub async fn like(&self, body: &Value, key: LikeId) -> Accepted {
        self.client.like(body, key).await.unwrap_or_else(|error| panic!("{body}: {error}"))
    }

    /// The counts of movies, in their order.
    ///
    /// # Panics
    /// If they are not answered.
    pub async fn counts(&self, movies: &[&str]) -> Vec<u64> {
        self.client.counts(movies).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The count of one movie.
    ///
    /// # Panics
    /// If it is not answered.
    pub async fn count(&self, movie: &str) -> u64 {
        self.counts(&[movie]).await[0]
    }

    /// A request for a like, to be changed at will.
    pub fn post(&self) -> RequestBuilder {
        let request = self.http.post(&self.url).header("content-type", "application/json");
        request.header("origin", "https://e2e.example")
    }

    /// What a browser asks before it posts.
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
    /// If it is not answered at all, or not with JSON.
    pub async fn refusal(&self, request: RequestBuilder) -> Problem {
        problem(request.send().await.expect("the API answers")).await
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
        body: response.json().await.expect("the answer is JSON"),
    }
}
