//! Every invalid request is rejected with its status and a description of the mistake.

use e2e::{Problem, Stack};
use jiff::{Timestamp, ToSpan};
use like::LikeId;
use reqwest::RequestBuilder;

/// Sends a request that must be rejected, and checks what all rejections have in common.
async fn rejected(stack: &Stack, request: RequestBuilder, status: u16) -> Problem {
    let problem = stack.api.rejection(request).await;
    assert_eq!(problem.status, status, "{problem:?}");
    assert_eq!(problem.content_type, "application/problem+json", "{problem:?}");
    assert_ne!(problem.allow_origin, "", "{problem:?}");
    assert_eq!(problem.body["status"], status, "{problem:?}");
    for field in ["type", "title", "detail"] {
        assert!(problem.body[field].is_string(), "{field}: {problem:?}");
    }
    problem
}

#[tokio::test]
async fn a_malformed_body_is_rejected_and_the_mistake_named() {
    let stack = Stack::find().await;
    let too_long = format!(r#"{{"movieId":"{}"}}"#, "m".repeat(65));
    for (body, named) in [
        ("", "movieId"),
        ("{", "movieId"),
        ("[]", "movieId"),
        ("{}", "movieId"),
        (r#"{"userId":"u-42"}"#, "movieId"),
        (r#"{"movieId":7}"#, "movieId"),
        (r#"{"movieId":""}"#, "movieId"),
        (r#"{"movieId":"-"}"#, "movieId"),
        (r#"{"movieId":"a b"}"#, "movieId"),
        (&too_long, "movieId"),
        (r#"{"movieId":"tt1","userId":7}"#, "userId"),
        (r#"{"movieId":"tt1","userId":"u#1"}"#, "userId"),
        (r#"{"movieId":"tt1","film":"tt1"}"#, "film"),
        (r#"{"movieId":"tt1","movieId":"tt2"}"#, "movieId must appear only once"),
    ] {
        let problem = rejected(&stack, stack.api.post().body(body.to_owned()), 400).await;
        let detail = problem.body["detail"].as_str().unwrap();
        assert!(detail.contains(named), "{body}: {detail}");
    }
}

#[tokio::test]
async fn a_malformed_old_or_future_key_is_rejected() {
    let stack = Stack::find().await;
    let key_at = |time| LikeId::new(time).to_string();
    for key in [
        "1".to_owned(),
        uuid::Uuid::nil().to_string(),
        "e7b0a2d0-5a4e-4b7e-9c7e-3f1f2a1b0c9d".to_owned(),
        key_at(Timestamp::now() - 25.hours()),
        key_at(Timestamp::now() + 6.minutes()),
    ] {
        let request = stack.api.post().header("idempotency-key", &key).body(r#"{"movieId":"tt1"}"#);
        let problem = rejected(&stack, request, 400).await;
        assert_eq!(problem.body["errors"][0]["header"], "Idempotency-Key", "{key}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_rejected() {
    let stack = Stack::find().await;
    for body in
        [format!("{:<4097}", r#"{"movieId":"tt1"}"#), format!(r#"{{"movieId":"{}"}}"#, "m".repeat(5000))]
    {
        rejected(&stack, stack.api.post().body(body), 413).await;
    }
}

#[tokio::test]
async fn a_body_that_is_not_uncompressed_json_is_rejected() {
    let stack = Stack::find().await;
    let post = |content_type: &str| {
        let request = reqwest::Client::new().post(&stack.outputs.likes_url);
        request.header("content-type", content_type).body(r#"{"movieId":"tt1"}"#)
    };
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=iso-8859-1"]
    {
        rejected(&stack, post(content_type), 415).await;
    }
    // API Gateway itself rejects this if the body does not match the header.
    rejected(&stack, post("application/json").header("content-encoding", "gzip"), 415).await;
}

#[tokio::test]
async fn a_read_of_no_movie_or_a_malformed_one_is_rejected() {
    let stack = Stack::find().await;
    for movies in [&[][..], &[""], &["a b"], &["tt1", "#"]] {
        let problem = rejected(&stack, stack.api.get(movies), 400).await;
        assert!(problem.body["detail"].as_str().unwrap().contains("movieId"), "{movies:?}");
    }
}

#[tokio::test]
async fn an_unknown_path_or_method_is_not_found() {
    let stack = Stack::find().await;
    let request = reqwest::Client::new().get(format!("{}/dislikes", stack.outputs.invoke_url));
    rejected(&stack, request, 404).await;
    let request = reqwest::Client::new().delete(&stack.outputs.likes_url);
    rejected(&stack, request, 404).await;
}
