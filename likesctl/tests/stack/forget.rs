//! `likesctl forget` against a running stack.

use std::{collections::BTreeSet, time::Duration};

use archive::Archive;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_s3::primitives::ByteStream;
use counting::{Cell, Like, Tables, Token, Transact, Transaction};
use e2e::{Run, Stack, eventually, new_key, new_movie, stays};
use jiff::{SignedDuration, Timestamp, ToSpan};
use like::{LikeEvent, LikeId, MovieId};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{athena, harness, ledger::LEDGER, margin::shortest_margin};

fn likesctl(arguments: &[&str]) -> Run {
    harness::likesctl(&[&["--json", "--yes"], arguments].concat())
}

/// What another command says of a movie.
fn of_movie(command: &[&str], list: &str, movie: &str) -> Option<Value> {
    let margin = shortest_margin().to_string();
    let report = likesctl(&[command, &["--margin", &margin]].concat()).json();
    let movies = report[list].as_array().expect("is a list").clone();
    movies.into_iter().find(|found| found["movieId"] == movie)
}

/// A user with a name that no other test has, and movies of their own.
struct User {
    stack: Stack,
    archive: Archive,
    name: String,
    movies: [String; 2],
}

impl User {
    async fn new() -> Self {
        let stack = Stack::find().await;
        let archive = Archive::new(stack.s3.clone(), stack.outputs.archive_bucket.clone());
        Self { stack, archive, name: new_movie(), movies: [new_movie(), new_movie()] }
    }

    fn forget(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let run = likesctl(&[&["forget", "--user", &self.name], arguments].concat());
        (run.json(), run.code())
    }

    fn key(&self, movie: &str) -> AttributeValue {
        AttributeValue::S(format!("{movie}#user#{}", self.name))
    }

    async fn has_entry(&self, movie: &str) -> bool {
        let get = self.stack.dynamodb.get_item().table_name(&self.stack.outputs.ledger_table);
        let got = get.key("likeKey", self.key(movie)).consistent_read(true).send().await.unwrap();
        got.item.is_some()
    }

    /// How many lines of all versions of all objects mention a text.
    async fn mentions(&self, text: &str) -> usize {
        let mut mentions = 0;
        for version in self.archive.versions().await.unwrap() {
            if let Some(contents) = self.archive.read_version(&version).await.unwrap() {
                let lines = String::from_utf8_lossy(&contents.lines).into_owned();
                mentions += lines.lines().filter(|line| line.contains(text)).count();
            }
        }
        mentions
    }

    /// Nothing names the user any more, and whoever compares the tables with the archive finds nothing to do.
    async fn is_forgotten(&self, counts: [u64; 2], athena: usize) {
        assert_eq!(self.mentions(&self.name).await, 0);
        for (movie, count) in self.movies.iter().zip(counts) {
            assert!(!self.has_entry(movie).await);
            assert_eq!(self.stack.api.count(movie).await, count);
            eventually(async || of_movie(&["verify"], "differences", movie), Option::is_none).await;
            for command in ["rebuild", "backfill"] {
                let found = of_movie(&[command, "--movie", movie], "movies", movie);
                assert_eq!(found, None, "{command}");
            }
        }
        let (found, code) = self.forget(&["--apply"]);
        assert_eq!((numbers(&found), &found["runAgainAfter"], code), ([0, 0, 0, 0], &Value::Null, Some(0)));
        assert_eq!(self.rows().await, athena);
    }

    /// How many distinct likes of the movies Athena finds.
    async fn rows(&self) -> usize {
        let results = athena::query(&self.name, "likes.sql", &self.stack.objects_since(0).await, &[]);
        let mut rows = csv::Reader::from_path(results).unwrap();
        let rows: BTreeSet<_> = rows
            .records()
            .map(Result::unwrap)
            .filter(|row| self.movies.iter().any(|movie| *movie == row[2]))
            .map(|row| if row[3].is_empty() { row[1].to_owned() } else { [&row[2], &row[3]].join("#") })
            .collect();
        rows.len()
    }

    fn tables(&self) -> Tables {
        let outputs = &self.stack.outputs;
        let (ledger, counts) = (outputs.ledger_table.clone(), outputs.counts_table.clone());
        Tables::new(self.stack.dynamodb.clone(), ledger, counts)
    }

    /// Counts likes and archives them as if that had been long ago.
    async fn liked_long_ago(&self, movie: &str, users: &[Option<&str>]) {
        let movie: MovieId = movie.parse().unwrap();
        let clicked = Timestamp::now() - SignedDuration::from_hours(9 * 24);
        let likes = users.iter().map(|user| {
            let event =
                LikeEvent::new(LikeId::new(clicked), movie.clone(), user.map(|user| user.parse().unwrap()));
            Like { key: event.key(), event, positions: vec![0] }
        });
        let likes: Vec<_> = likes.collect();
        self.tables()
            .transact(Transaction { movie: &movie, likes: &likes, cell: Cell::ONLY, token: Token::new() })
            .await
            .unwrap();
        let object: Vec<_> = likes.iter().flat_map(|like| like.event.encode().unwrap()).collect();
        self.put(movie.as_str(), object, clicked).await;
    }

    /// Puts an object of this user's own into the archive, written at a time.
    async fn put(&self, name: &str, lines: Vec<u8>, written: Timestamp) {
        let key = format!("likes/day={}/forget-{name}", written.strftime("%F"));
        let put = self.stack.s3.put_object().bucket(&self.stack.outputs.archive_bucket).key(key);
        let put = put.metadata("written", written.as_second().to_string());
        put.body(ByteStream::from(lines)).send().await.unwrap();
    }
}

/// Likes in the ledger, lines and objects of the archive that name the user, and older versions that do.
fn numbers(report: &Value) -> [u64; 4] {
    ["likes", "lines", "objects", "versions"].map(|number| report[number].as_u64().unwrap())
}

#[tokio::test]
async fn a_users_likes_are_gone_from_counts_ledger_and_archive_and_the_others_remain() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let api = &user.stack.api;
    let [first, second] = &user.movies;
    let key = new_key();
    api.like(&json!({"movieId": first, "userId": user.name}), key).await;
    api.like(&json!({"movieId": first, "userId": format!("{}x", user.name)}), new_key()).await;
    api.like(&json!({"movieId": first}), new_key()).await;
    for _ in 0..2 {
        api.like(&json!({"movieId": second, "userId": user.name}), new_key()).await;
    }
    eventually(async || api.counts(&[first, second]).await, |counts| *counts == [3, 1]).await;
    eventually(async || user.mentions(first).await + user.mentions(second).await, |lines| *lines == 5).await;

    let (found, code) = user.forget(&[]);
    assert_eq!((found["likes"].as_u64(), found["lines"].as_u64(), code), (Some(2), Some(3), Some(0)));
    assert_eq!((found.get("done"), user.rows().await), (None, 4), "a dry run changes nothing");
    assert_eq!(api.counts(&[first, second]).await, [3, 1]);
    let again: Timestamp = found["runAgainAfter"].as_str().unwrap().parse().unwrap();
    let week = Timestamp::now() + (7 * 24).hours();
    assert!(again > week && again < week + 24.hours(), "{again}");

    let (report, code) = user.forget(&["--apply"]);
    let done = &report["done"];
    assert_eq!(
        (&done["likes"], &done["lines"], &done["changed"], code),
        (&json!(2), &json!(3), &json!(0), Some(0))
    );
    // The other user's name starts with the user's.
    let other = format!("\"{}x\"", user.name);
    assert_eq!((user.mentions(&other).await, user.mentions(&user.name).await), (1, 1));
    let other = User { name: format!("{}x", user.name), ..User::new().await };
    assert!(other.has_entry(first).await);
    other.forget(&["--apply"]);
    user.is_forgotten([1, 0], 1).await;

    // A copy that comes afterwards is a new like, and is forgotten like one.
    api.like(&json!({"movieId": first, "userId": user.name}), key).await;
    eventually(async || api.count(first).await, |count| *count == 2).await;
    eventually(async || user.mentions(&user.name).await, |lines| *lines == 1).await;
    assert_eq!(user.forget(&["--apply"]).0["done"]["likes"], 1);
    user.is_forgotten([1, 0], 1).await;
}

#[tokio::test]
async fn a_count_can_keep_the_likes_once_no_copy_can_be_delivered() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let [old, fresh] = &user.movies;
    user.liked_long_ago(old, &[Some(&user.name), None]).await;
    let api = &user.stack.api;
    api.like(&json!({"movieId": fresh, "userId": user.name}), new_key()).await;
    eventually(async || api.count(fresh).await, |count| *count == 1).await;
    eventually(async || user.mentions(fresh).await, |lines| *lines == 1).await;

    let (report, code) = user.forget(&["--apply", "--counts", "keep"]);
    assert_eq!(report["left"], json!([{"movieId": fresh, "why": "onStream"}]));
    assert_eq!((&report["done"]["likes"], &report["done"]["lines"], code), (&json!(1), &json!(1), Some(1)));
    assert!(!user.has_entry(old).await && user.has_entry(fresh).await);
    assert_eq!((user.mentions(&user.name).await, api.counts(&[old, fresh]).await), (1, vec![2, 1]));
    assert_eq!(of_movie(&["verify"], "differences", fresh), None);

    // The rest need not be kept.
    assert_eq!(user.forget(&["--apply"]).1, Some(0));
    user.is_forgotten([2, 0], 1).await;
    // The count keeps it whatever happens to it otherwise.
    let update = user.stack.dynamodb.update_item().table_name(&user.stack.outputs.counts_table);
    let update = update.key("movieId", AttributeValue::S(old.clone()));
    let update = update.update_expression("SET likes = :likes, updatedAt = :then");
    let update = update.expression_attribute_values(":likes", AttributeValue::N("1".into()));
    let then = AttributeValue::S("2026-01-01T00:00:00.000Z".into());
    update.expression_attribute_values(":then", then).send().await.unwrap();
    let wrong = json!({"movieId": old, "archived": 1, "young": 0, "forgotten": 1, "counted": 1});
    eventually(async || of_movie(&["verify"], "differences", old), |found| *found == Some(wrong.clone()))
        .await;
    let repair = of_movie(&["rebuild", "--apply", "--movie", old], "movies", old).unwrap();
    assert_eq!(repair["raiseTo"], 2);
    user.is_forgotten([2, 0], 1).await;
}

#[tokio::test]
async fn what_an_interrupted_run_left_is_forgotten_by_the_next() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let [first, second] = &user.movies;
    user.liked_long_ago(first, &[Some(&user.name), None]).await;
    user.liked_long_ago(second, &[Some(&user.name), None]).await;
    // The ledger has forgotten one like, and the archive has not.
    let delete = user.stack.dynamodb.delete_item().table_name(&user.stack.outputs.ledger_table);
    delete.key("likeKey", user.key(first)).send().await.unwrap();
    let update = user.stack.dynamodb.update_item().table_name(&user.stack.outputs.counts_table);
    let update = update.key("movieId", AttributeValue::S(first.clone())).update_expression("ADD likes :less");
    update.expression_attribute_values(":less", AttributeValue::N("-1".into())).send().await.unwrap();
    // An object was replaced, and the version that names the user remains.
    let like = LikeEvent::new(new_key(), first.parse().unwrap(), Some(user.name.parse().unwrap()));
    for lines in [like.encode().unwrap(), b"\n".to_vec()] {
        user.put(&user.name, lines, Timestamp::now()).await;
    }

    let (report, code) = user.forget(&["--apply"]);
    assert_eq!((numbers(&report), code), ([1, 2, 2, 1], Some(0)));
    assert_eq!(report["done"], json!({"likes": 1, "lines": 2, "objects": 2, "versions": 1, "changed": 0}));
    user.is_forgotten([1, 1], 2).await;
}

#[tokio::test]
async fn a_like_that_its_count_does_not_have_is_left_until_the_count_is_repaired() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let movie = &user.movies[0];
    user.liked_long_ago(movie, &[Some(&user.name)]).await;
    let delete = user.stack.dynamodb.delete_item().table_name(&user.stack.outputs.counts_table);
    delete.key("movieId", AttributeValue::S(movie.clone())).send().await.unwrap();
    let (report, code) = user.forget(&["--apply"]);
    assert_eq!((&report["left"], code), (&json!([{"movieId": movie, "why": "noCount"}]), Some(1)));
    assert!(user.has_entry(movie).await);
    assert_eq!(user.mentions(&user.name).await, 1);

    let raised = async || of_movie(&["rebuild", "--apply", "--movie", movie], "movies", movie);
    eventually(raised, |repair| repair.as_ref().is_some_and(|repair| repair["raiseTo"] == 1)).await;
    assert_eq!(user.forget(&["--apply"]).1, Some(0));
    user.is_forgotten([0, 0], 0).await;
}

#[tokio::test]
async fn a_like_that_is_being_archived_is_waited_for() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let movie: MovieId = user.movies[0].parse().unwrap();
    let id = LikeId::new(Timestamp::now() - 1.hour());
    let event = LikeEvent::new(id, movie.clone(), Some(user.name.parse().unwrap()));
    let like = Like { key: event.key(), event: event.clone(), positions: vec![0] };
    let outputs = &user.stack.outputs;
    user.tables()
        .transact(Transaction { movie: &movie, likes: &[like], cell: Cell::ONLY, token: Token::new() })
        .await
        .unwrap();
    let name = user.name.clone();
    let run = tokio::task::spawn_blocking(move || likesctl(&["forget", "--user", &name, "--apply"]));
    // It has read the ledger and the archive by then.
    sleep(Duration::from_secs(2)).await;
    let put = user.stack.kinesis.put_record().stream_name(&outputs.stream_name).partition_key(id.to_string());
    put.data(Blob::new(event.encode().unwrap())).send().await.unwrap();
    let run = run.await.unwrap();
    let report = run.json();
    assert!(run.stderr().starts_with("1 like may not be archived yet; waiting "), "{}", run.stderr());
    assert_eq!((numbers(&report), run.code()), ([1, 1, 1, 0], Some(0)));
    user.is_forgotten([0, 0], 0).await;
}

#[tokio::test]
async fn users_who_like_while_another_is_forgotten_are_counted_once() {
    let _others = LEDGER.read().await;
    let user = User::new().await;
    let movie = user.movies[0].clone();
    user.liked_long_ago(&movie, &[Some(&user.name), None]).await;
    let (api, id) = (user.stack.api.clone(), movie.clone());
    let likes = tokio::spawn(async move {
        for _ in 0..20 {
            api.like(&json!({"movieId": id}), new_key()).await;
        }
    });
    let name = user.name.clone();
    let run = tokio::task::spawn_blocking(move || likesctl(&["forget", "--user", &name, "--apply"]));
    assert_eq!(run.await.unwrap().code(), Some(0));
    likes.await.unwrap();
    stays(async || user.stack.api.count(&movie).await, 21).await;
    user.is_forgotten([21, 0], 21).await;
}
