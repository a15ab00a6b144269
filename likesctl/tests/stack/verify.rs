//! `likesctl verify` against a running stack.

use std::{collections::HashMap, env, fs, path::Path};

use aws_sdk_dynamodb::types::AttributeValue;
use e2e::{Stack, eventually, new_key, new_movie};
use serde_json::{Value, json};

use crate::harness::likesctl;

/// What a verdict says of a movie.
fn difference(verdict: &Value, movie: &str) -> Option<Value> {
    let differences = verdict["differences"].as_array().expect("is a list");
    differences.iter().find(|difference| difference["movieId"] == movie).cloned()
}

#[tokio::test]
async fn a_count_is_right_until_somebody_changes_it_and_then_it_is_named() {
    let stack = Stack::find().await;
    let movie = new_movie();
    for _ in 0..3 {
        stack.api.like(&json!({"movieId": movie}), new_key()).await;
    }
    eventually(async || stack.api.count(&movie).await, |count| *count == 3).await;

    // A margin of nothing calls a like wrong that is counted and not archived yet.
    let right = eventually(
        async || likesctl(&["--json", "verify", "--margin", "0s"]).json(),
        |verdict| verdict["archived"].as_u64() >= Some(3) && difference(verdict, &movie).is_none(),
    )
    .await;
    assert!(right["lines"].as_u64() >= right["archived"].as_u64(), "{right}");

    let set = async |likes: &str| {
        let update = stack.dynamodb.update_item().table_name(&stack.outputs.counts_table);
        let update =
            update.key("movieId", AttributeValue::S(movie.clone())).update_expression("SET likes = :likes");
        update.expression_attribute_values(":likes", AttributeValue::N(likes.into())).send().await.unwrap();
    };
    for wrong in [2, 4] {
        set(&wrong.to_string()).await;
        let output = likesctl(&["--json", "verify", "--margin", "0s"]);
        assert_eq!(output.code(), Some(1), "{output:?}");
        let expected = json!({"movieId": movie, "archived": 3, "young": 0, "counted": wrong});
        assert_eq!(difference(&output.json(), &movie), Some(expected));
    }
    set("3").await;
    assert_eq!(difference(&likesctl(&["--json", "verify", "--margin", "0s"]).json(), &movie), None);
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
    let expected = json!({"movieId": movie, "archived": 0, "young": 0, "counted": 1});
    assert_eq!(difference(&output.json(), &movie), Some(expected), "{output:?}");

    let delete = stack.dynamodb.delete_item().table_name(counts);
    delete.key("movieId", AttributeValue::S(movie)).send().await.unwrap();
}
