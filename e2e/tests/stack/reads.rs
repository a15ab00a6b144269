//! Counts as pages read them, and what browsers need for it.

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::{Stack, new_key, new_movie, stays};
use serde_json::{Value, json};

#[tokio::test]
async fn counts_come_in_the_order_asked_and_an_unknown_movie_has_none() {
    let stack = Stack::find().await;
    let (known, unknown) = (new_movie(), new_movie());
    stack.api.like(&json!({"movieId": known}), new_key()).await;
    let asked = [unknown.as_str(), known.as_str(), unknown.as_str()];
    stays(async || stack.api.counts(&asked).await, vec![0, 1, 0]).await;
}

#[tokio::test]
async fn a_hundred_movies_are_read_and_one_more_is_too_many() {
    let stack = Stack::find().await;
    let movies: Vec<_> = (0..101).map(|_| new_movie()).collect();
    let movies: Vec<_> = movies.iter().map(String::as_str).collect();
    assert_eq!(stack.api.counts(&movies[..100]).await, vec![0; 100]);

    let problem = stack.api.refusal(stack.api.get(&movies)).await;
    assert_eq!(problem.status, 400);
    assert_eq!(problem.content_type, "application/problem+json");
    assert_eq!(problem.body["errors"][0]["parameter"], "movieId");
}

#[tokio::test]
async fn a_malformed_item_is_0_and_does_not_stop_the_others() {
    let stack = Stack::find().await;
    let (damaged, sound) = (new_movie(), new_movie());
    stack.api.like(&json!({"movieId": sound}), new_key()).await;
    stays(async || stack.api.count(&sound).await, 1).await;
    let key = AttributeValue::S(damaged.clone());
    let put = stack.dynamodb.put_item().table_name(&stack.outputs.counts_table);
    let put = put.item("movieId", key.clone()).item("likes", AttributeValue::S("many".into()));
    put.send().await.unwrap();

    let answer = stack.api.get(&[&damaged, &sound]).send().await.unwrap();

    // The table is mended whatever the answer is.
    let delete = stack.dynamodb.delete_item().table_name(&stack.outputs.counts_table);
    delete.key("movieId", key).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.json::<Value>().await.unwrap(),
        json!({"likes": [{"movieId": damaged, "likes": 0}, {"movieId": sound, "likes": 1}]})
    );
}

#[tokio::test]
async fn a_browser_is_told_that_it_may_post_and_read() {
    let stack = Stack::find().await;
    let answer = stack.api.preflight().send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_lowercase();
    assert_ne!(header("access-control-allow-origin"), "");
    for method in ["get", "post"] {
        assert!(header("access-control-allow-methods").contains(method));
    }
    for name in ["content-type", "idempotency-key"] {
        assert!(header("access-control-allow-headers").contains(name));
    }

    let answer = stack.api.get(&["tt0111161"]).send().await.unwrap();
    assert!(answer.headers().contains_key("access-control-allow-origin"));
    assert_eq!(answer.headers()["access-control-expose-headers"], "retry-after");
}
