//! `likesctl quarantine redrive` of records that Lambda discarded, against a running stack.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_kinesis::primitives::Blob;
use e2e::{Stack, eventually, new_key, new_movie, stays, within};
use jiff::{Timestamp, ToSpan};
use like::LikeEvent;
use serde_json::{Value, json};

use crate::{
    ledger::LEDGER,
    margin::shortest_margin,
    quarantine::{QUARANTINE, about, discard, likesctl},
};

/// The example in Lambda's documentation.
const EXAMPLE: &str = include_str!("../../src/quarantine/discarded/example.json");
const JUNK: &[u8] = b"\xff junk between likes";

/// Where a record is on the stream.
struct Place {
    shard: String,
    number: String,
}

/// A movie with two likes and junk between them on the stream, of which tables and quarantine know nothing, as if Lambda had
/// discarded the records.
struct Movie {
    stack: Stack,
    id: String,
    first: Place,
    last: Place,
    arrived: Timestamp,
}

impl Movie {
    async fn discarded() -> Self {
        let stack = Stack::find().await;
        let id = new_movie();
        let likes = [new_key(), new_key()].map(|key| LikeEvent::new(key, id.parse().unwrap(), None));
        let arrived = Timestamp::now();
        let first = put(&stack, &id, likes[0].encode().unwrap()).await;
        put(&stack, &id, JUNK.to_vec()).await;
        let last = put(&stack, &id, likes[1].encode().unwrap()).await;
        assert_eq!(first.shard, last.shard, "the partition key is the same");
        let movie = Self { stack, id, first, last, arrived };

        movie.counts(2).await;
        discard(&[movie.quarantined().await]);
        for like in likes {
            let delete = movie.stack.dynamodb.delete_item().table_name(&movie.stack.outputs.ledger_table);
            delete.key("likeKey", AttributeValue::S(like.key().to_string())).send().await.unwrap();
        }
        let delete = movie.stack.dynamodb.delete_item().table_name(&movie.stack.outputs.counts_table);
        delete.key("movieId", AttributeValue::S(movie.id.clone())).send().await.unwrap();
        movie
    }

    /// Waits for the count, and sees that it stays so.
    async fn counts(&self, likes: u64) {
        stays(async || self.stack.api.count(&self.id).await, likes).await;
    }

    /// Waits until the junk is in quarantine, and returns what the list says about it.
    async fn quarantined(&self) -> Value {
        let listed = async || about(&likesctl(&["list"]), &self.id);
        let mut listed = eventually(listed, |listed| listed.len() == 1).await;
        listed.remove(0)
    }

    /// Sends Lambda's message about the records to the quarantine, but with this shard and first sequence number.
    async fn send(&self, shard: &str, start: &str) {
        let mut message: Value = serde_json::from_str(EXAMPLE).unwrap();
        let batch = &mut message["KinesisBatchInfo"];
        batch["shardId"] = json!(shard);
        batch["startSequenceNumber"] = json!(start);
        batch["endSequenceNumber"] = json!(self.last.number);
        batch["approximateArrivalOfFirstRecord"] = json!(format!("{:.3}", self.arrived));
        batch["approximateArrivalOfLastRecord"] = json!(format!("{:.3}", self.arrived + 1.second()));
        let send = self.stack.sqs.send_message().queue_url(&self.stack.outputs.quarantine_queue_url);
        send.message_body(message.to_string()).send().await.unwrap();
    }
}

async fn put(stack: &Stack, movie: &str, data: Vec<u8>) -> Place {
    let request = stack.kinesis.put_record().stream_name(&stack.outputs.stream_name).partition_key(movie);
    let output = request.data(Blob::new(data)).send().await.unwrap();
    Place { shard: output.shard_id, number: output.sequence_number }
}

/// What becomes of the message about records from this sequence number on.
fn redrive(start: &str, arguments: &[&str]) -> (Value, Option<i32>) {
    let run = likesctl(&[&["redrive", "--sequence-number", start], arguments].concat());
    let mut report = run.json();
    assert_eq!(report["messages"].as_array().map(Vec::len), Some(1), "{run:?}");
    (report["messages"][0].take(), run.code())
}

/// The number of messages about records from this sequence number on.
fn listed(start: &str) -> usize {
    let report = likesctl(&["list", "--sequence-number", start]).json();
    report["messages"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn records_that_are_still_on_the_stream_are_put_there_again_and_counted_once() {
    let (_alone, _one) = (LEDGER.write().await, QUARANTINE.lock().await);
    let movie = Movie::discarded().await;
    let start = &movie.first.number;
    movie.send(&movie.first.shard, start).await;
    movie.counts(0).await;

    let (tried, code) = redrive(start, &["--dry-run"]);
    assert_eq!((&tried["outcome"], code), (&json!("wouldBeRedriven"), Some(0)), "{tried}");
    // Records of other tests may be among them.
    assert_eq!(tried["found"]["in"], "stream", "{tried}");
    assert!(tried["found"]["records"].as_u64() >= Some(3), "{tried}");
    movie.counts(0).await;

    let (redriven, code) = redrive(start, &[]);
    assert_eq!((&redriven["outcome"], code), (&json!("redriven"), Some(0)), "{redriven}");
    assert_eq!(redriven["found"], tried["found"]);
    movie.counts(2).await;
    assert_eq!(listed(start), 0);
    let junk = movie.quarantined().await;
    assert_eq!(junk["message"]["data"], "/yBqdW5rIGJldHdlZW4gbGlrZXM=", "byte for byte: {junk}");

    // Once more, as if its deletion had been lost.
    movie.send(&movie.first.shard, start).await;
    assert_eq!(redrive(start, &[]).0["outcome"], "redriven");
    let twice = async || about(&likesctl(&["list"]), &movie.id);
    discard(&eventually(twice, |listed| listed.len() == 2).await);
    movie.counts(2).await;
}

/// The emulator forgets no record before 24 hours have passed. What stands for it are messages about a shard that the stream
/// does not have, as after a reshard, and about a first record that the shard does not have, for which the emulator returns
/// the next one that it has.
#[tokio::test]
async fn likes_that_have_left_the_stream_come_from_the_archive_and_are_counted_once() {
    let (_alone, _one) = (LEDGER.write().await, QUARANTINE.lock().await);
    let movie = Movie::discarded().await;
    let start = &movie.first.number;
    movie.send("shardId-000000009999", start).await;
    let (left, code) = redrive(start, &[]);
    assert_eq!((&left["outcome"], code), (&json!("left"), Some(1)), "{left}");
    assert!(left["why"].as_str().unwrap().contains("may not be in the archive yet"), "{left}");

    let settled = async || redrive(start, &["--dry-run"]).0;
    // On AWS, `redrive` waits for Firehose's buffering and four minutes more.
    let margin = shortest_margin().unsigned_abs() + Duration::from_mins(8);
    let tried = within(margin, settled, |tried| tried["outcome"] == "wouldBeRedriven").await;
    assert_eq!(tried["found"]["in"], "archive", "{tried}");
    assert!(tried["found"]["missing"].as_u64() >= Some(2), "{tried}");
    movie.counts(0).await;

    let (redriven, code) = redrive(start, &[]);
    assert_eq!((&redriven["outcome"], code), (&json!("redriven"), Some(0)), "{redriven}");
    assert_eq!(redriven["found"]["in"], "archive", "{redriven}");
    movie.counts(2).await;
    assert_eq!(listed(start), 0);
    // The archive does not say which of its lines were a record, so junk is not looked for.
    assert_eq!(about(&likesctl(&["list"]), &movie.id), Vec::<Value>::new());

    let no_number = format!("{start}0");
    movie.send(&movie.first.shard, &no_number).await;
    let (redriven, code) = redrive(&no_number, &[]);
    assert_eq!((&redriven["outcome"], code), (&json!("redriven"), Some(0)), "{redriven}");
    assert_eq!(redriven["found"]["in"], "archive", "{redriven}");
    movie.counts(2).await;
}
