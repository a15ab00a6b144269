//! Bringing back discarded likes, on services in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex as StdMutex},
};

use archive::Archive;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
use aws_sdk_kinesis::{
    operation::{
        get_records::GetRecordsOutput, get_shard_iterator::GetShardIteratorOutput,
        put_records::PutRecordsOutput,
    },
    primitives::Blob,
    types::PutRecordsResultEntry,
};
use aws_sdk_s3::{
    operation::{get_object::GetObjectOutput, list_objects_v2::ListObjectsV2Output},
    primitives::{ByteStream, DateTime},
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use indicatif::ProgressBar;
use jiff::ToSpan;
use like::LikeId;
use serde_json::json;
use tables::{LIKE_KEY, key};

use super::*;
use crate::{
    ledger::Ledger,
    quarantine::message::{Discarded, Message},
};

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A stream, an archive and a ledger. Clones share them.
#[derive(Debug, Clone, Default)]
struct Services(Arc<StdMutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The records of the shard: sequence number, partition key and data.
    on_stream: Vec<(u64, String, Vec<u8>)>,
    /// The objects: key, time of writing and text.
    archive: BTreeMap<String, (Timestamp, Vec<u8>)>,
    /// The keys of the ledger's entries.
    ledger: Vec<String>,
    /// What was put on the stream: partition key and data.
    put: Vec<(String, Vec<u8>)>,
    /// The keys of the objects that were read, and the prefixes that were listed.
    read: Vec<String>,
    listed: Vec<String>,
}

impl Services {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn kinesis(&self) -> Client {
        let (shared, put) = (self.clone(), self.clone());
        let iterator = mock!(Client::get_shard_iterator).then_compute_output(|request| {
            GetShardIteratorOutput::builder()
                .set_shard_iterator(request.starting_sequence_number.clone())
                .build()
        });
        // As the emulator does, and Kinesis at times: it continues with the oldest record.
        let records = mock!(Client::get_records).then_compute_output(move |request| {
            let start: u64 = request.shard_iterator().unwrap().parse().unwrap();
            let record = |(number, key, data): &(u64, String, Vec<u8>)| {
                let record = aws_sdk_kinesis::types::Record::builder().sequence_number(number.to_string());
                record.partition_key(key).data(Blob::new(data.clone())).build().unwrap()
            };
            let records = shared.with(|state| {
                state.on_stream.iter().filter(|(number, ..)| *number >= start).map(record).collect()
            });
            let output = GetRecordsOutput::builder().set_records(Some(records));
            output.next_shard_iterator("999").millis_behind_latest(0).build().unwrap()
        });
        let put = mock!(Client::put_records).then_compute_output(move |request| {
            let entries = request.records().iter();
            let entries = entries
                .map(|entry| (entry.partition_key().unwrap().to_owned(), entry.data().clone().into_inner()));
            let accepted = PutRecordsResultEntry::builder().sequence_number("1").shard_id("s").build();
            let results = vec![accepted; request.records().len()];
            put.with(|state| state.put.extend(entries));
            PutRecordsOutput::builder().set_records(Some(results)).build().unwrap()
        });
        mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&iterator, &records, &put])
    }

    fn archive(&self) -> Archive {
        use aws_sdk_s3::{Client, types::Object};
        let (listing, reading) = (self.clone(), self.clone());
        let list = mock!(Client::list_objects_v2).then_compute_output(move |request| {
            let prefix = request.prefix().unwrap();
            let objects = listing.with(|state| {
                state.listed.push(prefix.to_owned());
                let of_prefix = state.archive.iter().filter(|(key, _)| key.starts_with(prefix));
                let object = |(key, (written, _)): (&String, &(Timestamp, Vec<u8>))| {
                    let written = DateTime::from_secs(written.as_second());
                    Object::builder().key(key).last_modified(written).build()
                };
                of_prefix.map(object).collect()
            });
            ListObjectsV2Output::builder().set_contents(Some(objects)).build()
        });
        let get = mock!(Client::get_object).then_compute_output(move |request| {
            let key = request.key().unwrap();
            let (_, text) = reading.with(|state| {
                state.read.push(key.to_owned());
                state.archive[key].clone()
            });
            GetObjectOutput::builder().body(ByteStream::from(text)).build()
        });
        Archive::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&list, &get]), "archive".to_owned())
    }

    fn ledger(&self) -> Ledger {
        use aws_sdk_dynamodb::Client;
        let ledger = self.clone();
        let get = mock!(Client::batch_get_item).then_compute_output(move |request| {
            let request = &request.request_items().unwrap()["ledger"];
            assert_eq!(request.consistent_read(), Some(true));
            let asked = request.keys().iter().map(|item| item[LIKE_KEY].as_s().unwrap().clone());
            let entries = asked
                .filter(|asked| ledger.with(|state| state.ledger.contains(asked)))
                .map(|entry| key(LIKE_KEY, entry));
            BatchGetItemOutput::builder().responses("ledger", entries.collect()).build()
        });
        Ledger::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&get]), "ledger".to_owned())
    }

    /// The sources on these services. Everything up to now is settled.
    fn sources(&self) -> Sources {
        let search = Search::new(self.archive(), self.ledger(), ProgressBar::hidden());
        Sources {
            stream: Stream::new(self.kinesis(), "likes".to_owned()),
            retention: WEEK,
            search: Mutex::new(search),
            settled: Timestamp::now(),
            expiry: None,
        }
    }

    /// Archives likes in an object whose first record arrived at this time, and that was written a minute later.
    fn archived(&self, name: &str, arrived: Timestamp, likes: &[&LikeEvent]) -> String {
        let key = format!("likes/day={}/{name}", arrived.strftime("%Y-%m-%d"));
        let text = likes.iter().flat_map(|like| like.encode().unwrap()).collect();
        self.with(|state| state.archive.insert(key.clone(), (arrived + 1.minute(), text)));
        key
    }

    /// The keys of the likes that were put on the stream, sorted.
    fn put(&self) -> Vec<String> {
        let decode = |(_, data): &(String, Vec<u8>)| LikeEvent::decode(data).unwrap().key().to_string();
        let mut keys: Vec<_> = self.with(|state| state.put.iter().map(decode).collect());
        keys.sort();
        keys
    }
}

fn like(days_ago: i64) -> LikeEvent {
    let id = LikeId::new(Timestamp::now() - (days_ago * 24).hours());
    LikeEvent::new(id, "m".parse().unwrap(), None)
}

fn keys<const N: usize>(likes: [&LikeEvent; N]) -> Vec<String> {
    let mut keys = likes.map(|like| like.key().to_string());
    keys.sort();
    keys.into()
}

/// Lambda's message about a range of records that arrived between these times.
fn batch(start: u64, end: u64, first: Timestamp, last: Timestamp) -> DiscardedBatch {
    let message = json!({"KinesisBatchInfo": {
        "shardId": "s",
        "startSequenceNumber": start.to_string(),
        "endSequenceNumber": end.to_string(),
        "approximateArrivalOfFirstRecord": first.to_string(),
        "approximateArrivalOfLastRecord": last.to_string(),
        "batchSize": end - start + 1,
    }});
    let Message::Discarded(Discarded { batch, .. }) = Message::read(&message.to_string()) else { panic!() };
    batch
}

fn on_stream(records: u64, too_old: u64) -> Found {
    Found { place: Place::Stream { records }, too_old }
}

fn in_archive(objects: u64, likes: u64, missing: u64, too_old: u64) -> Found {
    Found { place: Place::Archive { objects, likes, missing }, too_old }
}

#[tokio::test]
async fn records_that_are_on_the_stream_are_put_there_again_byte_for_byte() {
    let services = Services::default();
    let now = Timestamp::now();
    let records: Vec<_> =
        [like(6).encode().unwrap(), b"\xff junk".to_vec(), vec![], like(6).encode().unwrap()]
            .into_iter()
            .zip(1..)
            .map(|(data, number)| (number, format!("key {number}"), data))
            .collect();
    services.with(|state| state.on_stream = records.clone());
    let batch = batch(2, 3, now - 6.hours(), now - 6.hours());

    assert_eq!(services.sources().redrive(&batch, true).await.unwrap(), on_stream(2, 0));
    services.with(|state| assert_eq!(state.put, []));
    assert_eq!(services.sources().redrive(&batch, false).await.unwrap(), on_stream(2, 0));
    let expected: Vec<_> = records[1..3].iter().map(|(_, key, data)| (key.clone(), data.clone())).collect();
    services.with(|state| assert_eq!((state.put.clone(), state.listed.len()), (expected, 0)));
}

#[tokio::test]
async fn a_record_with_a_like_that_is_too_old_is_not_put_on_the_stream_again() {
    let services = Services::default();
    let now = Timestamp::now();
    let (young, old) = (like(22), like(24));
    let both = [young.encode().unwrap(), old.encode().unwrap()].concat();
    let records = [young.encode().unwrap(), both].into_iter().zip(1..);
    services
        .with(|state| state.on_stream = records.map(|(data, number)| (number, "k".into(), data)).collect());
    let found = services.sources().redrive(&batch(1, 2, now, now), false).await.unwrap();
    assert_eq!(found, on_stream(1, 1));
    assert!(found.why_left().unwrap().starts_with("1 like is so old that "));
    assert_eq!(services.put(), keys([&young]));
}

#[tokio::test]
async fn likes_that_have_left_the_stream_and_that_the_ledger_lacks_come_from_the_archive() {
    let services = Services::default();
    let arrived = Timestamp::now() - 8.hours();
    let (counted, lost, later, old) = (like(8), like(8), like(1), like(25));
    // The start of the range is not on the stream any more.
    services.with(|state| {
        state.on_stream = vec![(2, "k".into(), lost.encode().unwrap())];
        state.ledger = vec![counted.key().to_string()];
    });
    services.archived("1", arrived - 1.hour(), &[&like(9)]);
    services.archived("2", arrived, &[&counted, &lost, &lost, &old]);
    services.archived("3", arrived + 1.hour(), &[&later]);
    let batch = batch(1, 2, arrived, arrived);

    let sources = services.sources();
    let expected = in_archive(2, 5, 3, 1);
    assert_eq!(sources.redrive(&batch, true).await.unwrap(), expected);
    assert_eq!(services.put(), keys([]));
    let found = services.sources().redrive(&batch, false).await.unwrap();
    assert_eq!(found, expected);
    assert_eq!(
        found.why_left().unwrap(),
        "1 like is so old that a ledger entry could expire while copies are on the stream: run likesctl rebuild, then \
         discard the message"
    );
    assert_eq!(services.put(), keys([&lost, &later]));
    services.with(|state| {
        let ids = [&lost, &later].map(|like| like.like_id.to_string());
        assert!(state.put.iter().all(|(partition_key, _)| ids.contains(partition_key)));
    });
}

#[tokio::test]
async fn each_object_is_read_once_however_many_messages_it_may_be_about() {
    let services = Services::default();
    let arrived = Timestamp::now() - (9 * 24).hours();
    let (a, b, c) = (like(9), like(9), like(9));
    let objects = [
        services.archived("1", arrived, &[&a]),
        services.archived("2", arrived + 10.minutes(), &[&b]),
        services.archived("3", arrived + 20.minutes(), &[&c]),
    ];
    let sources = services.sources();
    for (minutes, expected) in
        [(15, in_archive(2, 2, 2, 0)), (0, in_archive(3, 3, 3, 0)), (25, in_archive(1, 1, 1, 0))]
    {
        let time = arrived + minutes.minutes();
        assert_eq!(sources.redrive(&batch(1, 1, time, time), false).await.unwrap(), expected, "{minutes}");
    }
    services.with(|state| {
        state.read.sort();
        assert_eq!(state.read, objects);
        let listed = state.listed.len();
        state.listed.sort();
        state.listed.dedup();
        assert_eq!(state.listed.len(), listed, "no day is listed twice");
    });
    assert_eq!(services.put(), keys([&a, &b, &c]));
}

/// Why the likes of a record that has left the stream and arrived so many hours ago cannot be brought back.
async fn why(sources: Sources, hours: i64) -> String {
    let arrived = Timestamp::now() - hours.hours();
    sources.redrive(&batch(1, 1, arrived, arrived), false).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_message_is_left_while_the_archive_may_lack_its_records() {
    let services = Services::default();
    services.archived("1", Timestamp::now(), &[&like(0)]);
    let sources = Sources { settled: Timestamp::now() - 2.hours(), ..services.sources() };
    let why = why(sources, 1).await;
    assert!(why.ends_with("may not be in the archive yet: run this again in 1h 1s"), "{why}");
    assert_eq!(services.put(), keys([]));
}

#[tokio::test]
async fn a_message_is_left_once_the_archive_may_have_lost_its_records() {
    let services = Services::default();
    let no_object = "the records have left the stream, and the archive has no object that could hold them";
    assert_eq!(why(services.sources(), 31 * 24).await, no_object);

    services.archived("1", Timestamp::now(), &[&like(0)]);
    let expiry = Some(SignedDuration::from_hours(30 * 24));
    let expired = "the records have left the stream, and the archive's objects of that time may have expired";
    assert_eq!(why(Sources { expiry, ..services.sources() }, 30 * 24).await, expired);
    assert_eq!(why(Sources { expiry, ..services.sources() }, 30 * 24 - 1).await, no_object);
}
