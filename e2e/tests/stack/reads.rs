//! Pages can read the counts.

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::{Stack, new_key, new_movie, stays};
use serde_json::{Value, json};

#[tokio::test]
async fn counts_are_in_the_order_of_the_request_and_0_for_an_unknown_movie() {
    let stack = Stack::find().await;
    let (known, unknown) = (new_movie(), new_movie());
    stack.api.like(&json!({"movieId": known}), new_key()).await;
    let movies = [unknown.as_str(), known.as_str(), unknown.as_str()];
    stays(async || stack.api.counts(&movies).await, vec![0, 1, 0]).await;
}

#[tokio::test]
async fn a_hundred_movies_can_be_read_and_no_more() {
    let stack = Stack::find().await;
    let movies: Vec<_> = (0..101).map(|_| new_movie()).collect();
    let movies: Vec<_> = movies.iter().map(String::as_str).collect();
    assert_eq!(stack.api.counts(&movies[..100]).await, vec![0; 100]);

    let problem = stack.api.rejection(stack.api.get(&movies)).await;
    assert_eq!(problem.status, 400);
    assert_eq!(problem.content_type, "application/problem+json");
    assert_eq!(problem.body["errors"][0]["parameter"], "movieId");
}

#[tokio::test]
async fn a_malformed_count_is_0_and_the_others_are_returned() {
    let stack = Stack::find().await;
    let (malformed, valid) = (new_movie(), new_movie());
    stack.api.like(&json!({"movieId": valid}), new_key()).await;
    stays(async || stack.api.count(&valid).await, 1).await;
    let key = AttributeValue::S(malformed.clone());
    let put = stack.dynamodb.put_item().table_name(&stack.outputs.counts_table);
    let put = put.item("movieId", key.clone()).item("likes", AttributeValue::S("many".into()));
    put.send().await.unwrap();

    let response = stack.api.get(&[&malformed, &valid]).send().await.unwrap();

    // Clean up before any assertion can fail.
    let delete = stack.dynamodb.delete_item().table_name(&stack.outputs.counts_table);
    delete.key("movieId", key).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"likes": [{"movieId": malformed, "likes": 0}, {"movieId": valid, "likes": 1}]})
    );
}

#[tokio::test]
async fn browsers_may_post_likes_and_read_counts() {
    let stack = Stack::find().await;
    let response = stack.api.preflight().send().await.unwrap();
    assert_eq!(response.status(), 200);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_lowercase();
    assert_ne!(header("access-control-allow-origin"), "");
    for method in ["get", "post"] {
        assert!(header("access-control-allow-methods").contains(method));
    }
    for name in ["content-type", "idempotency-key"] {
        assert!(header("access-control-allow-headers").contains(name));
    }

    let response = stack.api.get(&["tt0111161"]).send().await.unwrap();
    assert!(response.headers().contains_key("access-control-allow-origin"));
    assert_eq!(response.headers()["access-control-expose-headers"], "retry-after");
}
