//! `likesctl verify` and `queries/verify.sql` against a running stack: both find the likes that `UpdateCount` finds,
//! whatever is on the stream.

use std::{collections::HashSet, path::PathBuf};

use aws_sdk_kinesis::{primitives::Blob, types::PutRecordsRequestEntry};
use e2e::{Stack, eventually, new_key, new_movie, stays};
use jiff::Timestamp;
use like::LikeEvent;
use serde_json::{Value, json};

use crate::{athena, harness::likesctl, margin::shortest_margin};

fn verify(arguments: &[&str]) -> Value {
    likesctl(&[&["--json", "verify"], arguments].concat()).json()
}

/// Runs the query on a copy of the archive, and returns the file of its results.
async fn query(stack: &Stack, settled: &str) -> PathBuf {
    athena::query("verify", "verify.sql", &stack.objects_since(0).await, &[settled])
}

/// Records that are not as `IngestLike` writes them, with likes of a movie in some of them.
fn odd_records(movie: &str) -> Vec<Vec<u8>> {
    let event = || {
        let event = LikeEvent::new(new_key(), movie.parse().unwrap(), None).encode().unwrap();
        String::from_utf8(event).unwrap()
    };
    let bare = || event().trim_end().to_owned();
    let records = [
        // A like each, or two.
        bare(),
        event().replace('\n', "\r\n"),
        event() + &event(),
        event() + "\r" + &bare(),
        format!("junk\n{}", event()),
        format!("{}\u{feff}\n", event()),
        // None.
        event().replacen(',', ",\n", 1),
        format!("\u{feff}{}", event()),
        bare() + &event(),
        format!("junk{}", event()),
        r#"{"version":1,"#.to_owned(),
    ];
    let bytes = [b"\xff no event\n".to_vec(), b"\xff{\"version\":1,".to_vec()];
    records.into_iter().map(String::into_bytes).chain(bytes).collect()
}

#[tokio::test]
async fn the_query_verify_and_the_counts_agree_whatever_is_on_the_stream() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let key = new_key();
    let likes = [
        (json!({"movieId": movie}), key),
        (json!({"movieId": movie}), key),
        (json!({"movieId": movie}), new_key()),
        (json!({"movieId": movie, "userId": "u@likes.example"}), new_key()),
        (json!({"movieId": movie, "userId": "u@likes.example"}), new_key()),
    ];
    let records = odd_records(&movie);
    let odd: HashSet<_> = records
        .iter()
        .flat_map(|record| LikeEvent::decode_lines(record))
        .flatten()
        .map(|like| like.key())
        .collect();
    assert_eq!(odd.len(), 8);
    let entry = |data: &Vec<u8>| {
        PutRecordsRequestEntry::builder().data(Blob::new(data.clone())).partition_key(&movie).build().unwrap()
    };
    let request = stack.kinesis.put_records().stream_name(&stack.outputs.stream_name);
    request.set_records(Some(records.iter().map(entry).collect())).send().await.unwrap();
    for (like, key) in &likes {
        stack.api.like(like, *key).await;
    }
    // Of the likes that are posted, two are a copy of another.
    stays(async || stack.api.count(&movie).await, 3 + 8).await;
    let mentions = |bytes: &[u8]| String::from_utf8_lossy(bytes).matches(&movie).count();
    let all = likes.len() + records.iter().map(|record| mentions(record)).sum::<usize>();
    let archived = async || {
        let objects = stack.objects_since(0).await;
        objects.into_iter().map(|object| mentions(&object)).sum::<usize>()
    };
    eventually(archived, |mentions| *mentions >= all).await;
    // Other tests may still post likes: nothing may be young, and nothing may change during the comparison. The query
    // has the margin too: a like that was just counted may not be archived yet.
    let margin = shortest_margin();
    let verify_archive = || verify(&["--margin", &margin.to_string()]);
    let agree = async || {
        let before = verify_archive();
        let survey = query(&stack, &format!("{:.3}", Timestamp::now() - margin)).await;
        let by_query = verify(&["--survey", survey.to_str().unwrap()]);
        (before.clone(), by_query, before == verify_archive())
    };
    let (verdict, by_query, _) =
        eventually(agree, |(verdict, _, still)| *still && verdict["young"] == 0).await;
    assert_eq!(by_query, verdict);
    assert!(
        verdict["archived"].as_u64() >= Some(11) && verdict["withoutLike"].as_u64() >= Some(10),
        "{verdict}"
    );
    let differences = verdict["differences"].as_array().unwrap();
    assert!(differences.iter().all(|difference| difference["movieId"] != movie), "{verdict}");

    let survey = query(&stack, "2026-01-01T00:00:00.000Z").await;
    let all_young = verify(&["--survey", survey.to_str().unwrap()]);
    assert_eq!(all_young["young"], verdict["archived"]);
    assert_eq!(all_young["archived"], 0);
}
