//! `likesctl backfill` against a running stack.

use std::{collections::BTreeSet, env, fs, path::Path, time::Duration};

use archive::{Archive, Object};
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_s3::primitives::ByteStream;
use counting::{Cell, Like, Tables, Token, Transact, Transaction};
use e2e::{Run, Stack, eventually, new_movie};
use jiff::{SignedDuration, Timestamp, ToSpan};
use like::{LikeEvent, LikeId, MovieId};
use serde_json::{Value, json};
use tokio::{task::spawn_blocking, time::sleep};

use crate::{athena, harness, margin::shortest_margin};

fn likesctl(arguments: &[&str]) -> Run {
    harness::likesctl(
        &[&["--json", "--yes"], arguments, &["--margin", &shortest_margin().to_string()]].concat(),
    )
}

/// A movie with likes that are counted and were never on the stream: as if nothing had read the stream then.
struct Movie {
    stack: Stack,
    archive: Archive,
    id: MovieId,
    likes: Vec<LikeEvent>,
}

impl Movie {
    /// Every other like names a user.
    async fn counted(number: usize, age: SignedDuration) -> Self {
        let stack = Stack::find().await;
        let archive = Archive::new(stack.s3.clone(), stack.outputs.archive_bucket.clone());
        let id: MovieId = new_movie().parse().unwrap();
        let like = |number: usize| {
            let user = number.is_multiple_of(2).then(|| format!("u{number}").parse().unwrap());
            LikeEvent::new(LikeId::new(Timestamp::now() - age), id.clone(), user)
        };
        let likes: Vec<_> = (0..number).map(like).collect();
        let (ledger, counts) = (&stack.outputs.ledger_table, &stack.outputs.counts_table);
        let tables = Tables::new(stack.dynamodb.clone(), ledger.clone(), counts.clone());
        let counted =
            likes.iter().map(|like| Like { key: like.key(), event: like.clone(), positions: vec![0] });
        let counted: Vec<_> = counted.collect();
        tables
            .transact(Transaction { movie: &id, likes: &counted, cell: Cell::ONLY, token: Token::new() })
            .await
            .unwrap();
        Self { stack, archive, id, likes }
    }

    /// Looks for what is missing of it, or writes it.
    fn backfill(&self, arguments: &[&str]) -> (Value, Option<i32>) {
        let run = likesctl(&[&["backfill", "--movie", self.id.as_str()], arguments].concat());
        (run.json(), run.code())
    }

    /// What `verify` says of it, if its count is not what the archive says.
    fn difference(&self) -> Option<Value> {
        let verdict = likesctl(&["verify"]).json();
        let differences = verdict["differences"].as_array().expect("is a list").clone();
        differences.into_iter().find(|difference| difference["movieId"] == self.id.as_str())
    }

    /// The archive's objects that hold its likes, with their lines.
    async fn objects(&self) -> Vec<(Object, Vec<u8>)> {
        let mut found = Vec::new();
        for object in self.archive.objects().await.unwrap() {
            let lines = self.archive.read(&object).await.unwrap();
            if String::from_utf8_lossy(&lines).contains(self.id.as_str()) {
                found.push((object, lines));
            }
        }
        found
    }

    /// Empties the objects that hold its likes, and no others since it was backfilled alone. If they were deleted, other
    /// tests that have listed them could not read them.
    async fn lose_objects(&self) {
        for (Object { key, .. }, _) in self.objects().await {
            let put = self.stack.s3.put_object().bucket(&self.stack.outputs.archive_bucket).key(key);
            put.body(ByteStream::from_static(b"\n")).send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn likes_that_the_archive_lacks_are_written_to_it_and_then_none_is_missing() {
    let movie = Movie::counted(5, 1.minute().try_into().unwrap()).await;
    let missing = json!([{"movieId": movie.id, "missing": 5}]);
    // At first they were never archived, then their objects are lost.
    for _ in 0..2 {
        let wrong = json!({"movieId": movie.id, "archived": 0, "young": 0, "forgotten": 0, "counted": 5});
        // A count that was just added to may be ahead of the archive.
        eventually(async || movie.difference(), |difference| *difference == Some(wrong.clone())).await;
        let (report, code) = movie.backfill(&[]);
        assert_eq!((&report["movies"], &report["missing"], code), (&missing, &json!(5), Some(1)));
        assert_eq!((&report["entries"], report.get("done")), (&json!(5), None));
        assert!(report["readUnits"].as_f64() > Some(0.0), "{report}");
        assert!(movie.difference().is_some(), "without --apply nothing is written");

        let (report, code) = movie.backfill(&["--apply"]);
        assert_eq!((&report["movies"], code), (&missing, Some(0)));
        assert_eq!(report["done"]["likes"], 5);
        assert_eq!(movie.difference(), None);
        for arguments in [&[][..], &["--apply"]] {
            let (report, code) = movie.backfill(arguments);
            assert_eq!((&report["movies"], report.get("done"), code), (&json!([]), None, Some(0)));
        }
        let objects = movie.objects().await;
        are_found_by_athena(&movie, &objects);
        movie.lose_objects().await;
    }
    assert_eq!(movie.backfill(&["--apply"]).1, Some(0));
}

/// Whether the objects are where Athena looks for likes of their day, and Athena finds the likes in them.
fn are_found_by_athena(movie: &Movie, objects: &[(Object, Vec<u8>)]) {
    let days: BTreeSet<_> =
        movie.likes.iter().map(|like| like.liked_at().strftime("%F").to_string()).collect();
    for (Object { key, .. }, _) in objects {
        assert!(days.iter().any(|day| key.starts_with(&format!("likes/day={day}/backfill-"))), "{key}");
    }
    let lines: Vec<_> = objects.iter().map(|(_, lines)| lines.clone()).collect();
    let results = athena::query("backfill", "likes.sql", &lines, &[]);
    let mut rows = csv::Reader::from_path(results).unwrap();
    let columns = |row: csv::StringRecord| [1, 2, 3].map(|column| row[column].to_owned());
    let found: BTreeSet<_> = rows.records().map(|row| columns(row.unwrap())).collect();
    let columns = |like: &LikeEvent| {
        let user = like.user_id.as_ref().map_or_else(String::new, ToString::to_string);
        [like.like_id.to_string(), like.movie_id.to_string(), user]
    };
    assert_eq!(found, movie.likes.iter().map(columns).collect());
}

#[tokio::test]
async fn likes_that_may_have_expired_from_the_archive_are_not_written_to_it() {
    let movie = Movie::counted(2, SignedDuration::from_hours(49)).await;
    let text = fs::read_to_string(env::var_os("LIKES_OUTPUTS").unwrap()).unwrap();
    let mut outputs: Value = serde_json::from_str(&text).unwrap();
    let mut backfill = |expire_after_days: u32| {
        outputs["archiveExpireAfterDays"] = json!(expire_after_days);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("backfill-outputs.json");
        fs::write(&file, outputs.to_string()).unwrap();
        let (report, code) = movie.backfill(&["--apply", "--outputs", file.to_str().unwrap()]);
        [report["expired"].clone(), report["missing"].clone(), json!(code)]
    };
    assert_eq!(backfill(2), [2, 0, 0]);
    assert_eq!(backfill(3), [0, 2, 0]);
    assert_eq!(backfill(2), [0, 0, 0], "now they are archived");
}

#[tokio::test]
async fn a_like_that_was_clicked_long_ago_and_is_being_archived_is_not_missing() {
    let movie = Movie::counted(1, SignedDuration::from_hours(1)).await;
    let arguments =
        ["--json", "--yes", "backfill", "--apply", "--movie", movie.id.as_str()].map(str::to_owned);
    let backfill = spawn_blocking(move || harness::likesctl(&arguments.each_ref().map(String::as_str)));
    // It has read the ledger by then.
    sleep(Duration::from_secs(2)).await;
    for like in &movie.likes {
        let put = movie.stack.kinesis.put_record().stream_name(&movie.stack.outputs.stream_name);
        let put = put.partition_key(like.like_id.to_string()).data(Blob::new(like.encode().unwrap()));
        put.send().await.unwrap();
    }
    let run = backfill.await.unwrap();
    let report = run.json();
    assert_eq!((&report["entries"], &report["missing"], run.code()), (&json!(1), &json!(0), Some(0)));
    assert!(run.stderr().starts_with("1 like may be missing; waiting "), "{}", run.stderr());
}
