//! The client against an API that answers as a test tells it to.

#![cfg(test)]

use std::{collections::HashSet, time::Duration};

use client::{Accepted, Answer, Api, ApiError, Reply};
use jiff::Timestamp;
use like::LikeId;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout},
};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, query_param},
};

fn key() -> LikeId {
    LikeId::new(Timestamp::now())
}

fn body() -> Value {
    json!({"movieId": "tt0111161"})
}

fn api(server: &MockServer) -> Api {
    Api::new(format!("{}/likes", server.uri()))
}

/// Gives these answers to posts, in this order; the last one for good.
async fn answers(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let mut answers = answers.into_iter().peekable();
    while let Some(answer) = answers.next() {
        let mock = Mock::given(method("POST")).respond_with(answer);
        let mock = if answers.peek().is_some() { mock.up_to_n_times(1) } else { mock };
        mock.mount(&server).await;
    }
    server
}

fn accepted(key: LikeId) -> ResponseTemplate {
    ResponseTemplate::new(202).set_body_json(json!({"likeId": key, "movieId": "tt0111161"}))
}

async fn posts(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

#[tokio::test]
async fn a_like_is_retried_with_the_same_body_and_key_until_it_is_accepted() {
    let key = key();
    let server = answers([429, 500, 503].map(ResponseTemplate::new).into_iter().chain([accepted(key)])).await;

    let like = api(&server).like(&body(), key).await.unwrap();

    assert_eq!(like, Accepted { like_id: key, movie_id: "tt0111161".parse().unwrap() });
    let posts = posts(&server).await;
    assert_eq!(posts.len(), 4);
    for post in posts {
        assert_eq!(post.headers["idempotency-key"], key.to_string());
        assert_eq!(post.body_json::<Value>().unwrap(), body());
    }
}

#[tokio::test]
async fn a_status_that_a_retry_does_not_change_is_not_retried() {
    for status in [400, 403, 404, 413, 415] {
        let server = answers([ResponseTemplate::new(status)]).await;
        let error = api(&server).like(&body(), key()).await.unwrap_err();
        let ApiError::Rejected(_, Answer::Status(rejection)) = error else { panic!("{error}") };
        assert_eq!(rejection, status);
        assert_eq!(posts(&server).await.len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_retry_waits_as_long_as_retry_after_asks() {
    let key = key();
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "2");
    let server = answers([busy, accepted(key)]).await;
    let start = Instant::now();
    api(&server).like(&body(), key).await.unwrap();
    // Longer than any first delay of the backoff.
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_post_is_sent_once_and_returns_the_status_and_retry_after() {
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "7");
    let server = answers([busy]).await;
    let Reply { answer, retry_after } = api(&server).post(&body(), key()).await;
    assert_eq!(answer.to_string(), "429 Too Many Requests");
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
    assert_eq!(posts(&server).await.len(), 1);
}

#[tokio::test]
async fn posts_one_after_the_other_share_a_connection() {
    // Counts connections, and answers every post with a body.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let server = answers([ResponseTemplate::new(503).set_body_string("x".repeat(100_000))]).await;
    let api_address = *server.address();
    let connections = tokio::spawn(async move {
        let mut ports = HashSet::new();
        while let Ok(Ok((mut inbound, peer))) = timeout(Duration::from_secs(1), listener.accept()).await {
            ports.insert(peer.port());
            tokio::spawn(async move {
                let mut outbound = tokio::net::TcpStream::connect(api_address).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
            });
        }
        ports.len()
    });
    let api = Api::new(format!("http://{proxy}/likes"));
    for _ in 0..5 {
        api.post(&body(), key()).await;
    }
    assert_eq!(connections.await.unwrap(), 1);
}

#[tokio::test]
async fn a_refused_connection_is_no_answer_and_may_be_retried() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/likes", listener.local_addr().unwrap());
    drop(listener);
    let Reply { answer, retry_after } = Api::new(url).post(&body(), key()).await;
    assert_eq!((answer, retry_after), (Answer::ConnectionFailed, None));
    assert!(answer.is_transient());
}

#[tokio::test]
async fn counts_are_retried_and_read_100_movies_at_a_time() {
    let server = MockServer::start().await;
    let movies: Vec<_> = (0..150).map(|number| format!("m-{number}")).collect();
    let counts = |movies: &[String]| {
        let likes: Vec<_> = movies.iter().map(|movie| json!({"movieId": movie, "likes": 3})).collect();
        ResponseTemplate::new(200).set_body_json(json!({ "likes": likes }))
    };
    let busy = ResponseTemplate::new(503).insert_header("retry-after", "1");
    Mock::given(method("GET")).respond_with(busy).up_to_n_times(1).mount(&server).await;
    for (first, chunk) in [("m-0", &movies[..100]), ("m-100", &movies[100..])] {
        let asked = Mock::given(method("GET")).and(query_param("movieId", first));
        asked.respond_with(counts(chunk)).mount(&server).await;
    }
    let names: Vec<_> = movies.iter().map(String::as_str).collect();
    assert_eq!(api(&server).counts(&names).await.unwrap(), vec![3; 150]);
    assert_eq!(posts(&server).await.len(), 3);
}

#[tokio::test]
async fn counts_that_are_not_found_are_an_error_with_the_url_and_the_status() {
    let server = MockServer::start().await;
    let error = api(&server).counts(&["m"]).await.unwrap_err();
    assert_eq!(error.to_string(), format!("the counts cannot be read from {}/likes", server.uri()));
    let ApiError::Counts { source, .. } = error else { panic!("{error}") };
    assert_eq!(source.to_string(), "HTTP status client error (404 Not Found)");
    assert_eq!(posts(&server).await.len(), 1);
}

#[tokio::test]
async fn counts_of_other_movies_are_an_error() {
    let server = MockServer::start().await;
    let answer = json!({"likes": [{"movieId": "other", "likes": 3}]});
    let answer = ResponseTemplate::new(200).set_body_json(answer);
    Mock::given(method("GET")).respond_with(answer).mount(&server).await;
    assert!(matches!(api(&server).counts(&["m"]).await, Err(ApiError::OtherMovies)));
}
