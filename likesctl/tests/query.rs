//! One list of records, read by those who see records and by those who see the archive: both find the same likes.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use like::LikeEvent;
use serde::Deserialize;

const RECORDS: &str = include_str!("../../queries/records.json");

/// A record and what is in it.
#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    /// With `MOVIE` for a movie of its own.
    record: String,
    /// Distinct likes of that movie.
    likes: u64,
    /// Lines that are no likes; blank ones are no lines.
    unreadable: u64,
}

/// The cases with a movie each.
fn cases() -> Vec<(String, Case)> {
    let cases: Vec<Case> = serde_json::from_str(RECORDS).unwrap();
    let movies = (0..).map(|number| format!("Movie-{number}"));
    movies
        .zip(cases)
        .map(|(movie, case)| (movie.clone(), Case { record: of(&movie, &case.record), ..case }))
        .collect()
}

/// A record of this movie. Where its first letter is escaped, it stays so.
fn of(movie: &str, record: &str) -> String {
    record.replace("MOVIE", movie).replace("OVIE", &movie[1..])
}

#[test]
fn the_handlers_find_in_each_record_the_likes_that_are_in_it() {
    for (movie, case) in cases() {
        let (likes, others): (Vec<_>, Vec<_>) =
            LikeEvent::decode_lines(case.record.as_bytes()).partition(Result::is_ok);
        let likes: BTreeSet<_> = likes.into_iter().map(|like| like.unwrap().key()).collect();
        assert!(
            likes.iter().all(|key| key.as_str().starts_with(&format!("{movie}#"))),
            "{}: {likes:?}",
            case.name
        );
        assert_eq!((likes.len() as u64, others.len() as u64), (case.likes, case.unreadable), "{}", case.name);
    }
}

#[derive(Debug, Deserialize)]
struct Row {
    movie_id: Option<String>,
    lines: u64,
    archived: u64,
    young: u64,
}

/// The rows of `queries/verify.sql` for an archive of these records, joined as Firehose joins them.
fn query(records: &[String], settled: &str) -> Vec<Row> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("records");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("object"), records.iter().flat_map(|record| [record, "\n"]).collect::<String>())
        .unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/local.py");
    let run =
        Command::new("python3").arg(script).arg("verify.sql").arg(folder).arg(settled).output().unwrap();
    assert!(run.status.success(), "run this by ./justw test-rust: {}", String::from_utf8_lossy(&run.stderr));
    csv::Reader::from_reader(run.stdout.as_slice()).deserialize().collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_query_finds_in_the_archive_the_likes_that_are_in_the_records() {
    let cases = cases();
    let records: Vec<_> = cases.iter().map(|(_, case)| case.record.clone()).collect();
    // The first 48 bits of the likes' ids are this time.
    let rows = query(&records, "2026-11-23T05:00:00.123Z");
    let mut found: BTreeMap<_, _> =
        rows.iter().filter_map(|row| Some((row.movie_id.clone()?, row.archived))).collect();
    for (movie, case) in &cases {
        assert_eq!(found.remove(movie).unwrap_or(0), case.likes, "{}", case.name);
    }
    assert_eq!(found, BTreeMap::new());
    let unreadable: u64 = rows.iter().filter(|row| row.movie_id.is_none()).map(|row| row.lines).sum();
    assert_eq!(unreadable, cases.iter().map(|(_, case)| case.unreadable).sum::<u64>());

    let earlier = query(&records, "2026-11-23T05:00:00.122Z");
    let likes: u64 = cases.iter().map(|(_, case)| case.likes).sum();
    assert_eq!(earlier.iter().map(|row| row.young).sum::<u64>(), likes, "all are younger");
}
