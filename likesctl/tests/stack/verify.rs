//! `likesctl verify` against a running stack.

use std::{collections::HashMap, env, fs, path::Path};

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::{Stack, eventually, new_key, new_movie};
use serde_json::{Value, json};

use crate::{harness::likesctl, margin::shortest_margin};

/// What a verdict says of a movie.
fn difference(verdict: &Value, movie: &str) -> Option<Value> {
    let differences = verdict["differences"].as_array().expect("is a list");
    differences.iter().find(|difference| difference["movieId"] == movie).cloned()
}

#[tokio::test]
async fn a_count_is_right_until_it_is_changed_and_then_it_is_reported() {
    let stack = Stack::find().await;
    let movie = new_movie();
    for _ in 0..3 {
        stack.api.like(&json!({"movieId": movie}), new_key()).await;
    }
    eventually(async || stack.api.count(&movie).await, |count| *count == 3).await;

    let margin = shortest_margin().to_string();
    let verify = || likesctl(&["--json", "verify", "--margin", &margin]);
    assert_eq!(difference(&verify().json(), &movie), None);

    let set = async |likes: &str| {
        let update = stack.dynamodb.update_item().table_name(&stack.outputs.counts_table);
        let update =
            update.key("movieId", AttributeValue::S(movie.clone())).update_expression("SET likes = :likes");
        update.expression_attribute_values(":likes", AttributeValue::N(likes.into())).send().await.unwrap();
    };
    for wrong in [2, 4] {
        set(&wrong.to_string()).await;
        // At first the likes are too young to judge.
        let expected =
            Some(json!({"movieId": movie, "archived": 3, "young": 0, "forgotten": 0, "counted": wrong}));
        let reported = async || {
            let run = verify();
            (difference(&run.json(), &movie), run.code())
        };
        let (_, code) = eventually(reported, |(difference, _)| *difference == expected).await;
        assert_eq!(code, Some(1));
    }
    set("3").await;
    let right = verify().json();
    assert_eq!(difference(&right, &movie), None);
    assert!(right["lines"].as_u64() >= right["archived"].as_u64(), "{right}");
}

#[tokio::test]
async fn in_a_stack_younger_than_its_archives_expiry_every_count_is_judged() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let item = HashMap::from([
        ("movieId".to_owned(), AttributeValue::S(movie.clone())),
        ("likes".to_owned(), AttributeValue::N("1".into())),
        ("updatedAt".to_owned(), AttributeValue::S("2026-01-01T00:00:00.000Z".into())),
    ]);
    let counts = &stack.outputs.counts_table;
    stack.dynamodb.put_item().table_name(counts).set_item(Some(item)).send().await.unwrap();

    let text = fs::read_to_string(env::var_os("LIKES_OUTPUTS").unwrap()).unwrap();
    let mut outputs: Value = serde_json::from_str(&text).unwrap();
    outputs["archiveExpireAfterDays"] = json!(36500);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("expiring-outputs.json");
    fs::write(&file, outputs.to_string()).unwrap();
    let output = likesctl(&["--json", "--outputs", file.to_str().unwrap(), "verify"]);
    let expected = json!({"movieId": movie, "archived": 0, "young": 0, "forgotten": 0, "counted": 1});
    assert_eq!(difference(&output.json(), &movie), Some(expected), "{output:?}");

    let delete = stack.dynamodb.delete_item().table_name(counts);
    delete.key("movieId", AttributeValue::S(movie)).send().await.unwrap();
}
