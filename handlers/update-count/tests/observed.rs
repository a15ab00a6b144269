//! What an invocation writes: its metrics, and lines about what went wrong.

#![cfg(test)]

mod batch;

use std::{
    collections::HashSet,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::KinesisEvent;
use batch::{batch, like};
use counting::{Ledger, Reason, Transact, TransactError, Transaction};
use jiff::Timestamp;
use like::{LikeEvent, LikeId, LikeKey};
use metrique::{CloseValue, RootEntry, emf::Emf, writer::format::Format};
use quarantine::{Quarantine, QuarantinedRecord};
use serde_json::{Value, json};
use update_count::{BatchMetrics, NoProgress, UpdateCount};

/// Tables that treat a movie as its name says, and a queue that accepts every message.
struct Services;

impl Transact for Services {
    type Error = io::Error;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<io::Error>> {
        let cancelled = |count| {
            Err(TransactError::Cancelled { likes: vec![Reason::None; transaction.likes.len()], count })
        };
        match transaction.movie.as_str() {
            "rejected" => Err(TransactError::Rejected(io::Error::other("denied"))),
            "malformed" => cancelled(Reason::Permanent("not a number".to_owned())),
            "down" => Err(TransactError::Transient(io::Error::other("no response"))),
            _ => Ok(()),
        }
    }
}

impl Ledger for Services {
    type Error = io::Error;

    async fn duplicates(&self, keys: &[LikeKey]) -> Result<HashSet<LikeKey>, io::Error> {
        match keys.iter().find(|key| key.as_str().starts_with("down#")) {
            Some(_) => Err(io::Error::other("no response")),
            None => Ok(HashSet::new()),
        }
    }
}

impl Quarantine for Services {
    type Error = Infallible;

    async fn put(&self, _: &QuarantinedRecord) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Handles a batch; returns whether there was progress, and the line of metrics.
async fn handle(batch: KinesisEvent) -> (bool, Value) {
    let mut metrics = BatchMetrics::new("request-7".to_owned());
    let deadline = SystemTime::now() + Duration::from_mins(1);
    let result = UpdateCount::new(Services, Services).handle(batch, deadline, &mut metrics).await;
    let mut line = Vec::new();
    let mut emf = Emf::all_validations("Likestream".to_owned(), vec![vec![]]);
    emf.format(&RootEntry::new(metrics.close()), &mut line).unwrap();
    (!matches!(result, Err(NoProgress(_))), serde_json::from_slice(&line).unwrap())
}

/// The sum of a distribution's values, and their number.
fn distribution(line: &Value, metric: &str) -> (f64, u64) {
    let numbers = |member: &str| line[metric][member].as_array().unwrap().clone();
    let counts = numbers("Counts");
    let values = numbers("Values");
    let sum =
        values.iter().zip(&counts).map(|(value, count)| value.as_f64().unwrap() * count.as_f64().unwrap());
    (sum.sum(), counts.iter().map(|count| count.as_u64().unwrap()).sum())
}

#[tokio::test(start_paused = true)]
async fn one_line_has_the_metrics_of_the_batch_and_where_it_is_on_the_stream() {
    let copied = like("m");
    let data = [copied.clone(), copied, like("m"), b"junk".to_vec(), like("malformed"), like("rejected")];
    let mut batch = batch(data);
    for record in &mut batch.records {
        record.event_id = Some(format!("shardId-000000000003:{}", record.kinesis.sequence_number));
        record.kinesis.approximate_arrival_timestamp.0 = (SystemTime::now() - Duration::from_secs(5)).into();
    }
    let (progress, line) = handle(batch).await;

    assert!(progress);
    assert_eq!(
        [&line["RequestId"], &line["ShardId"], &line["FirstSequenceNumber"], &line["LastSequenceNumber"]],
        ["request-7", "shardId-000000000003", "0", "5"]
    );
    let expected = json!({
        "Records": 6, "Counted": 2, "Duplicates": 1, "Quarantined": 2, "Unfinished": 1,
        "Transactions": 3, "CancelledForGood": 1, "Rejected": 1,
    });
    for (metric, number) in expected.as_object().unwrap() {
        assert_eq!(&line[metric], number, "{metric}: {line}");
    }
    // Nothing else happened, and a metric without an event is absent.
    for metric in ["CancelledByDuplicates", "CancelledByContention", "Unacknowledged"] {
        assert_eq!(line[metric], Value::Null, "{line}");
    }
    assert_eq!(distribution(&line, "LikesPerTransaction"), (2.0, 1));
    let (lag, likes) = distribution(&line, "CountingLag");
    assert_eq!(likes, 2);
    assert!((lag / 2.0 - 5000.0).abs() < 1000.0, "{line}");
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    let unit =
        |name: &str| metrics.iter().find(|metric| metric["Name"] == name).map(|metric| &metric["Unit"]);
    assert_eq!(unit("CountingLag").unwrap(), "Milliseconds");
    assert_eq!(unit("Counted").unwrap(), "Count");
    assert_eq!(unit("Records"), None, "is for queries alone");
}

/// The contents of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_the_log_has_one_line_for_the_lookups_and_one_for_a_movie_and_no_personal_data() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let user = "ann@likes.example".parse().unwrap();
    let of_ann = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), "m".parse().unwrap(), Some(user));
    let of_ann = String::from_utf8(of_ann.encode().unwrap()).unwrap();
    let unknown_version = of_ann.replace("\"version\":1", "\"version\":\"ann@\"");
    assert_ne!(unknown_version, of_ann);
    let down = (0..300).map(|_| like("down"));
    let (progress, line) = handle(batch(down)).await;
    assert!(!progress);
    assert_eq!(line["Unfinished"], 300);
    assert!(line["Unacknowledged"].as_u64() > Some(10), "{line}");
    let (progress, _) = handle(batch([of_ann, unknown_version].map(String::into_bytes))).await;
    assert!(progress);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
    for line in
        ["ledger lookups failed", "transactions failed movie=down", "quarantined sequence_number=\"1\""]
    {
        assert!(log.contains(line), "{log}");
    }
    assert!(!log.contains("ann@"), "{log}");
}
