//! Every accepted like is counted exactly once.

use std::collections::BTreeSet;

use aws_sdk_kinesis::{primitives::Blob, types::PutRecordsRequestEntry};
use client::Accepted;
use e2e::{Stack, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use like::LikeEvent;
use serde_json::json;

#[tokio::test]
async fn a_like_is_accepted_and_counted() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let key = new_key();
    assert_eq!(stack.api.count(&movie).await, 0);

    let accepted = stack.api.like(&json!({"movieId": movie}), key).await;

    assert_eq!(accepted, Accepted { like_id: key, movie_id: movie.parse().unwrap() });
    stays(async || stack.api.count(&movie).await, 1).await;
}

#[tokio::test]
async fn without_a_key_every_post_is_another_like() {
    let stack = Stack::find().await;
    let movie = new_movie();
    for _ in 0..2 {
        let response = stack.api.post().body(json!({"movieId": movie}).to_string()).send().await.unwrap();
        assert_eq!(response.status(), 202);
    }
    stays(async || stack.api.count(&movie).await, 2).await;
}

#[tokio::test]
async fn five_hundred_concurrent_likes_of_twenty_movies_are_each_counted_once() {
    let stack = Stack::find().await;
    let movies: Vec<_> = (0..20).map(|_| new_movie()).collect();
    let names: Vec<_> = movies.iter().map(String::as_str).collect();

    let likes = (0..500).map(|number| {
        let like = json!({"movieId": movies[number % movies.len()], "userId": format!("u-{number}")});
        let api = &stack.api;
        async move { api.like(&like, new_key()).await }
    });
    assert_eq!(stream::iter(likes).buffer_unordered(32).count().await, 500);

    stays(async || stack.api.counts(&names).await, vec![25; 20]).await;
}

/// `IngestLike` puts likes that their movie's shard does not take under their own ids, which the emulator never brings about
/// by itself. The shards then count one movie at the same time; a like whose response was lost can be on two of them.
#[tokio::test]
async fn likes_of_one_movie_that_are_on_all_shards_are_each_counted_once() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let entries = (0..200).flat_map(|_| {
        let event = LikeEvent::new(new_key(), movie.parse().unwrap(), None);
        [event.like_id.to_string(), movie.clone()].map(|partition_key| {
            let data = Blob::new(event.encode().unwrap());
            PutRecordsRequestEntry::builder().partition_key(partition_key).data(data).build().unwrap()
        })
    });
    let put = stack.kinesis.put_records().stream_name(&stack.outputs.stream_name);
    let output = put.set_records(Some(entries.collect())).send().await.unwrap();
    assert_eq!(output.failed_record_count(), Some(0));
    let shards: BTreeSet<_> = output.records().iter().map(|record| record.shard_id().unwrap()).collect();
    let summary = stack.kinesis.describe_stream_summary().stream_name(&stack.outputs.stream_name);
    let summary = summary.send().await.unwrap().stream_description_summary.unwrap();
    // An on-demand stream starts with four, and may have more than there are likes.
    assert!(shards.len() >= usize::try_from(summary.open_shard_count()).unwrap().min(4), "{shards:?}");

    stays(async || stack.api.count(&movie).await, 200).await;
}

#[tokio::test]
async fn one_key_posted_ten_times_counts_once() {
    let stack = Stack::find().await;
    let like = json!({"movieId": new_movie()});
    let key = new_key();
    let ids: Vec<_> = stream::iter(0..10)
        .map(|_| stack.api.like(&like, key))
        .buffer_unordered(5)
        .map(|accepted| accepted.like_id)
        .collect()
        .await;
    assert_eq!(ids, vec![key; 10]);
    stays(async || stack.api.count(like["movieId"].as_str().unwrap()).await, 1).await;
}

#[tokio::test]
async fn a_users_likes_of_a_movie_count_once_and_of_another_movie_again() {
    let stack = Stack::find().await;
    let (movie, other) = (new_movie(), new_movie());
    for movie in [&movie, &movie, &other] {
        stack.api.like(&json!({"movieId": movie, "userId": "u-42"}), new_key()).await;
    }
    stays(async || stack.api.counts(&[&movie, &other]).await, vec![1, 1]).await;
}

#[tokio::test]
async fn the_ledger_has_an_entry_for_every_counted_like() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let key = new_key();
    stack.api.like(&json!({"movieId": movie}), key).await;
    stack.api.like(&json!({"movieId": movie, "userId": "u-42"}), new_key()).await;
    stays(async || stack.api.count(&movie).await, 2).await;

    for (like_key, expires) in [(format!("{movie}#{key}"), true), (format!("{movie}#user#u-42"), false)] {
        let entry = stack
            .dynamodb
            .get_item()
            .table_name(&stack.outputs.ledger_table)
            .key("likeKey", aws_sdk_dynamodb::types::AttributeValue::S(like_key.clone()))
            .send()
            .await
            .unwrap()
            .item
            .unwrap_or_else(|| panic!("the ledger has no entry {like_key}"));
        assert_eq!(entry["movieId"].as_s().unwrap(), &movie);
        assert_eq!(entry.contains_key("expiresAt"), expires, "{like_key}");
    }
}
