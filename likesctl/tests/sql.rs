//! `queries/verify.sql` against a running stack: it says what `likesctl verify` says.

#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use aws_sdk_kinesis::{primitives::Blob, types::PutRecordsRequestEntry};
use aws_sdk_s3::primitives::DateTime;
use e2e::{Stack, eventually, new_key, new_movie, plain};
use like::LikeEvent;
use serde_json::{Value, json};

fn verify(arguments: &[&str]) -> Value {
    let arguments = ["--json", "verify"].iter().chain(arguments);
    let output =
        Command::new(env!("CARGO_BIN_EXE_likesctl")).args(arguments).output().expect("likesctl runs");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs the query on a copy of the archive, its objects joined into one, and returns the file of its results.
async fn query(stack: &Stack, settled: &str) -> PathBuf {
    let objects = folder("archive");
    let archive: Vec<_> = stack.objects_since(DateTime::from_secs(0)).await.into_iter().map(plain).collect();
    fs::write(objects.join("object"), archive.join(&b'\n')).unwrap();
    let query = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/local.py");
    let run = Command::new("python3").arg(query).arg("verify.sql").arg(objects).arg(settled).output();
    let Output { status, stdout, stderr } = run.expect("python3 is there");
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let results = folder("results").join("results.csv");
    fs::write(&results, stdout).unwrap();
    results
}

#[tokio::test]
async fn the_query_and_verify_give_the_same_verdict() {
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
    // What nobody of ours writes, and what the archive cannot tell apart once it is joined.
    let event = || LikeEvent::new(new_key(), movie.parse().unwrap(), None).encode().unwrap();
    let records = [
        b"\xff no event\n".to_vec(),
        b"\xff{\"version\":1,".to_vec(),
        event(),
        event().trim_ascii_end().to_vec(),
        [event(), event()].concat(),
        [b"junk\n".to_vec(), event()].concat(),
        ["\u{feff}".as_bytes(), &event()].concat(),
        String::from_utf8(event()).unwrap().replace(',', ",\n").into_bytes(),
    ];
    let records = records.map(|data| {
        PutRecordsRequestEntry::builder().data(Blob::new(data)).partition_key(&movie).build().unwrap()
    });
    let request = stack.kinesis.put_records().stream_name(&stack.outputs.stream_name);
    request.set_records(Some(records.to_vec())).send().await.unwrap();
    for (like, key) in likes {
        stack.api.like(&like, key).await;
    }
    // Five of those records' lines are likes, and three of those that were posted.
    eventually(async || stack.api.count(&movie).await, |count| *count == 8).await;
    let archived = async || {
        let objects = stack.objects_since(DateTime::from_secs(0)).await.into_iter().map(plain);
        let text: String = objects.map(|object| String::from_utf8_lossy(&object).into_owned()).collect();
        text.matches(&movie).count()
    };
    eventually(archived, |copies| *copies == 12).await;
    // Other tests' likes may still come: what is compared must not have changed meanwhile.
    let agree = async || {
        let before = verify(&["--margin", "0s"]);
        let survey = query(&stack, "9999-01-01T00:00:00.000Z").await;
        let by_query = verify(&["--survey", survey.to_str().unwrap()]);
        (before.clone(), by_query, before == verify(&["--margin", "0s"]))
    };
    let (verdict, by_query, _) = eventually(agree, |(_, _, still)| *still).await;
    assert_eq!(by_query, verdict);
    assert!(
        verdict["archived"].as_u64() >= Some(8) && verdict["unreadable"].as_u64() >= Some(7),
        "{verdict}"
    );
    let differences = verdict["differences"].as_array().unwrap();
    assert!(differences.iter().all(|difference| difference["movieId"] != movie), "{verdict}");

    let survey = query(&stack, "2026-01-01T00:00:00.000Z").await;
    let all_young = verify(&["--survey", survey.to_str().unwrap()]);
    assert_eq!(all_young["young"], verdict["archived"]);
    assert_eq!(all_young["archived"], 0);
}
