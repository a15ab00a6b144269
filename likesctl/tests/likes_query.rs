//! `queries/likes.sql` finds the likes that `UpdateCount` finds. It needs no stack.

#![cfg(test)]

mod athena;

use like::LikeEvent;
use serde::Deserialize;

/// A record of `queries/records.json`.
#[derive(Deserialize)]
struct Example {
    what: String,
    /// Each character is a byte.
    record: String,
    /// The keys of the likes in its lines, and null for what is none.
    likes: Vec<Option<String>>,
    /// What the query makes of it, if that differs; the query names the reasons.
    query: Option<Vec<Option<String>>>,
}

/// A row of the query's results, all empty when there is no like in the line.
#[derive(Debug, PartialEq, Deserialize)]
struct Row {
    movie_id: Option<String>,
    like_id: Option<String>,
    user_id: Option<String>,
    liked_at: Option<String>,
    trace_id: Option<String>,
}

impl Row {
    fn of(like: Option<&LikeEvent>) -> Self {
        Self {
            movie_id: like.map(|like| like.movie_id.to_string()),
            like_id: like.map(|like| like.like_id.to_string()),
            user_id: like.and_then(|like| like.user_id.as_ref()).map(ToString::to_string),
            liked_at: like.map(|like| like.liked_at().strftime("%F %T.%6f").to_string()),
            trace_id: like
                .and_then(|like| like.traceparent)
                .map(|traceparent| format!("{:032x}", traceparent.trace_id)),
        }
    }

    fn key(&self) -> Option<String> {
        let movie = self.movie_id.as_ref()?;
        Some(match &self.user_id {
            Some(user) => format!("{movie}#user#{user}"),
            None => format!("{movie}#{}", self.like_id.as_ref()?),
        })
    }
}

#[test]
fn the_query_finds_the_likes_that_update_count_finds() {
    let examples: Vec<Example> = serde_json::from_str(include_str!("../../queries/records.json")).unwrap();
    // As Firehose joins them.
    let bytes = |text: &str| text.chars().map(|byte| u8::try_from(byte).unwrap()).collect::<Vec<_>>();
    let object = examples.iter().flat_map(|example| [bytes(&example.record), b"\n".to_vec()].concat());
    let results = athena::query("likes", "likes.sql", &[object.collect()], &[]);
    let mut rows = csv::Reader::from_path(results).unwrap();
    let mut rows = rows.deserialize().map(|row| row.expect("is a row"));

    for Example { what, record, likes, query } in examples {
        let found: Vec<Row> = rows.by_ref().take(query.as_ref().unwrap_or(&likes).len()).collect();
        if let Some(differs) = query {
            assert_ne!(differs, likes, "{what}");
            assert_eq!(found.iter().map(Row::key).collect::<Vec<_>>(), differs, "{what}: {record}");
        } else {
            let decoded: Vec<_> = LikeEvent::decode_lines(&bytes(&record)).map(Result::ok).collect();
            let expected: Vec<_> = decoded.iter().map(|like| Row::of(like.as_ref())).collect();
            assert_eq!(found, expected, "{what}: {record}");
        }
    }
    assert_eq!(rows.next(), None);
}
