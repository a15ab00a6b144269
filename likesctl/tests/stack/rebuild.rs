//! `likesctl rebuild` against a running stack.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::primitives::Blob;
use e2e::{Run, Stack, eventually, new_key, new_movie, stays};
use jiff::{Timestamp, ToSpan};
use like::{LikeEvent, LikeId};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};

use crate::{harness, ledger::LEDGER, margin::shortest_margin};

fn likesctl(arguments: &[&str]) -> Run {
    harness::likesctl(
        &[&["--json", "--yes"], arguments, &["--margin", &shortest_margin().to_string()]].concat(),
    )
}

/// Looks at one movie, or repairs it; says what is to be done about it, if anything is. All that was posted has been
/// counted, so it may take that as given.
fn rebuild(movie: &str, apply: bool) -> (Option<Value>, Option<i32>) {
    rebuild_with(movie, &["--caught-up", if apply { "--apply" } else { "--parallel=4" }])
}

fn rebuild_with(movie: &str, arguments: &[&str]) -> (Option<Value>, Option<i32>) {
    let run = likesctl(&[&["rebuild", "--movie", movie], arguments].concat());
    let mut report = run.json();
    let movies = report["movies"].as_array_mut().expect("is a list");
    let repair = movies.pop();
    assert_eq!(*movies, Vec::<Value>::new(), "of no other movie");
    (repair, run.code())
}

/// Whether counts and archive agree about a movie.
fn is_right(movie: &str) -> bool {
    let verdict = likesctl(&["verify"]).json();
    let differences = verdict["differences"].as_array().expect("is a list");
    differences.iter().all(|difference| difference["movieId"] != movie)
}

/// A movie with likes that are counted, archived and old.
struct Movie {
    stack: Stack,
    id: String,
    keys: Vec<LikeId>,
}

impl Movie {
    async fn with_likes(number: u64) -> Self {
        let stack = Stack::find().await;
        let id = new_movie();
        let mut keys = Vec::new();
        for _ in 0..number {
            let key = new_key();
            stack.api.like(&json!({"movieId": id}), key).await;
            keys.push(key);
        }
        eventually(async || stack.api.count(&id).await, |count| *count == number).await;
        // A count lower than the archive is seen as soon as the archive has all likes and they are old.
        let movie = Self { stack, id, keys };
        movie.set(0).await;
        let plan = json!({"movieId": movie.id, "archived": number, "counted": 0, "add": 0, "enter": 0,
            "raiseTo": number, "left": null});
        eventually(async || rebuild(&movie.id, false).0, |said| *said == Some(plan.clone())).await;
        movie.set(number).await;
        movie
    }

    fn key(&self) -> AttributeValue {
        AttributeValue::S(self.id.clone())
    }

    /// Sets the count as if it had been so for long.
    async fn set(&self, likes: u64) {
        let update = self.stack.dynamodb.update_item().table_name(&self.stack.outputs.counts_table);
        let update =
            update.key("movieId", self.key()).update_expression("SET likes = :likes, updatedAt = :then");
        let update = update.expression_attribute_values(":likes", AttributeValue::N(likes.to_string()));
        let then = AttributeValue::S("2026-01-01T00:00:00.000Z".into());
        update.expression_attribute_values(":then", then).send().await.unwrap();
    }

    async fn lose_count(&self) {
        let delete = self.stack.dynamodb.delete_item().table_name(&self.stack.outputs.counts_table);
        delete.key("movieId", self.key()).send().await.unwrap();
    }

    async fn lose_entries(&self, number: usize) {
        for key in self.keys.iter().take(number) {
            let delete = self.stack.dynamodb.delete_item().table_name(&self.stack.outputs.ledger_table);
            let entry = AttributeValue::S(format!("{}#{key}", self.id));
            delete.key("likeKey", entry).send().await.unwrap();
        }
    }

    /// Enters all likes, so that no later test finds that the ledger lacks them. These entries do not expire.
    async fn enter(&self) {
        for key in &self.keys {
            let put = self.stack.dynamodb.put_item().table_name(&self.stack.outputs.ledger_table);
            put.item("likeKey", AttributeValue::S(format!("{}#{key}", self.id))).send().await.unwrap();
        }
    }

    /// Repairs, and sees that all likes are counted once, and stay so when they are posted again.
    async fn is_repaired(&self, plan: Value) {
        let mut expected = plan;
        expected["movieId"] = json!(self.id);
        assert_eq!(rebuild(&self.id, false), (Some(expected.clone()), Some(1)));
        let before = self.stack.api.count(&self.id).await;
        assert_eq!(before, expected["counted"].as_u64().unwrap(), "a dry run changes nothing");

        assert_eq!(rebuild(&self.id, true), (Some(expected), Some(0)));
        assert_eq!(rebuild(&self.id, false), (None, Some(0)));
        assert!(is_right(&self.id));
        for key in &self.keys {
            self.stack.api.like(&json!({"movieId": self.id}), *key).await;
        }
        stays(async || self.stack.api.count(&self.id).await, u64::try_from(self.keys.len()).unwrap()).await;
    }
}

#[tokio::test]
async fn likes_that_were_never_counted_are_added_by_the_ledgers_transaction() {
    let _others = LEDGER.read().await;
    let movie = Movie::with_likes(3).await;
    movie.lose_entries(2).await;
    movie.set(1).await;
    movie
        .is_repaired(
            json!({"archived": 3, "counted": 1, "add": 2, "enter": 0, "raiseTo": null, "left": null}),
        )
        .await;
}

#[tokio::test]
async fn counts_that_were_lost_with_the_ledger_are_made_again() {
    let _others = LEDGER.read().await;
    let movie = Movie::with_likes(3).await;
    movie.lose_entries(3).await;
    movie.lose_count().await;
    movie
        .is_repaired(
            json!({"archived": 3, "counted": 0, "add": 3, "enter": 0, "raiseTo": null, "left": null}),
        )
        .await;
}

#[tokio::test]
async fn a_count_that_was_lost_alone_is_raised() {
    let movie = Movie::with_likes(3).await;
    movie.lose_count().await;
    movie
        .is_repaired(json!({"archived": 3, "counted": 0, "add": 0, "enter": 0, "raiseTo": 3, "left": null}))
        .await;
}

#[tokio::test]
async fn likes_that_only_the_ledger_lost_are_not_counted_again() {
    let _others = LEDGER.read().await;
    let movie = Movie::with_likes(3).await;
    movie.lose_entries(2).await;
    movie
        .is_repaired(
            json!({"archived": 3, "counted": 3, "add": 0, "enter": 2, "raiseTo": null, "left": null}),
        )
        .await;
}

#[tokio::test]
async fn likes_that_may_still_be_on_the_stream_are_not_entered_alone() {
    let _others = LEDGER.read().await;
    let movie = Movie::with_likes(3).await;
    movie.lose_entries(2).await;
    let plan = json!({"movieId": movie.id, "archived": 3, "counted": 3, "add": 0, "enter": 0,
        "raiseTo": null, "left": "onStream"});
    assert_eq!(rebuild_with(&movie.id, &["--apply"]), (Some(plan), Some(1)));
    let (repair, code) = rebuild(&movie.id, true);
    assert_eq!((repair.unwrap()["enter"].as_u64(), code), (Some(2), Some(0)));
}

#[tokio::test]
async fn an_item_that_is_no_count_is_named_and_the_others_are_repaired() {
    let (broken, movie) = (Movie::with_likes(1).await, Movie::with_likes(2).await);
    let item = HashMap::from([
        ("movieId".to_owned(), broken.key()),
        ("likes".to_owned(), AttributeValue::S("one".into())),
    ]);
    let put = broken.stack.dynamodb.put_item().table_name(&broken.stack.outputs.counts_table);
    put.set_item(Some(item)).send().await.unwrap();
    movie.lose_count().await;
    movie
        .is_repaired(json!({"archived": 2, "counted": 0, "add": 0, "enter": 0, "raiseTo": 2, "left": null}))
        .await;

    let verdict = likesctl(&["verify"]).json();
    let malformed = json!({"movieId": broken.id, "why": "likes: Expected num"});
    assert!(verdict["malformed"].as_array().unwrap().contains(&malformed), "{verdict}");
    let (repair, code) = rebuild(&broken.id, true);
    assert_eq!((&repair.unwrap()["left"], code), (&json!("malformed"), Some(1)));

    // As it says: deleted, it is made again.
    broken.lose_count().await;
    assert_eq!(rebuild(&broken.id, true).1, Some(0));
    stays(async || broken.stack.api.count(&broken.id).await, 1).await;
}

#[tokio::test]
async fn of_likes_that_the_ledger_may_forget_only_those_without_copies_are_made_up_for() {
    let _others = LEDGER.read().await;
    let stack = Stack::find().await;
    let id = new_movie();
    let now = Timestamp::now();
    let keys = [LikeId::new(now - (29 * 24 + 12).hours()), LikeId::new(now - (31 * 24).hours())];
    for key in keys {
        let event = LikeEvent::new(key, id.parse().unwrap(), None).encode().unwrap();
        let request = stack.kinesis.put_record().stream_name(&stack.outputs.stream_name);
        request.partition_key(key.to_string()).data(Blob::new(event)).send().await.unwrap();
    }
    eventually(async || stack.api.count(&id).await, |count| *count == 2).await;
    let movie = Movie { stack, id, keys: keys.to_vec() };
    movie.lose_entries(2).await;
    movie.set(0).await;
    let plan = json!({"movieId": movie.id, "archived": 2, "counted": 0, "add": 0, "enter": 0,
        "raiseTo": 1, "left": null});
    eventually(async || rebuild(&movie.id, false).0, |said| *said == Some(plan.clone())).await;
    assert_eq!(rebuild(&movie.id, true), (Some(plan), Some(0)));
    stays(async || movie.stack.api.count(&movie.id).await, 1).await;
    movie.set(2).await;
    movie.enter().await;
}

#[tokio::test]
async fn a_count_that_is_too_high_is_told_and_not_lowered() {
    let movie = Movie::with_likes(2).await;
    movie.set(5).await;
    let (repair, code) = rebuild(&movie.id, true);
    assert_eq!(code, Some(1));
    assert_eq!(repair.unwrap()["left"], "tooHigh");
    assert_eq!(movie.stack.api.count(&movie.id).await, 5);
    movie.set(2).await;
}

#[tokio::test]
async fn likes_that_come_in_meanwhile_are_counted_once_each() {
    let _others = LEDGER.read().await;
    let movie = Movie::with_likes(20).await;
    movie.lose_entries(10).await;
    movie.set(10).await;
    let (api, id) = (movie.stack.api.clone(), movie.id.clone());
    // New likes, and copies of those that the ledger lost.
    let lost = movie.keys.clone();
    let likes = tokio::spawn(async move {
        for key in lost.iter().take(10) {
            api.like(&json!({"movieId": id}), new_key()).await;
            api.like(&json!({"movieId": id}), *key).await;
            sleep(Duration::from_millis(20)).await;
        }
    });
    while !likes.is_finished() {
        let id = movie.id.clone();
        let (_, code) = tokio::task::spawn_blocking(move || rebuild(&id, true)).await.unwrap();
        assert_ne!(code, Some(2));
    }
    likes.await.unwrap();
    // What was not certain while likes came in is certain now.
    eventually(async || rebuild(&movie.id, true), |(_, code)| *code == Some(0)).await;
    stays(async || movie.stack.api.count(&movie.id).await, 30).await;
}
