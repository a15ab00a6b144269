//! The log says what became of a batch. In a file of its own, since the log is the whole process's.

#![cfg(test)]

use std::{
    collections::HashSet,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use counting::{Ledger, Transact, TransactError, Transaction};
use jiff::Timestamp;
use like::{LikeEvent, LikeId, LikeKey};
use quarantine::{Quarantine, QuarantinedRecord};
use update_count::UpdateCount;

/// Tables that take no like of the movie `refused`, and a queue that takes all.
struct Services;

impl Transact for Services {
    type Error = io::Error;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<io::Error>> {
        match transaction.movie.as_str() {
            "refused" => Err(TransactError::Refused(io::Error::other("denied"))),
            _ => Ok(()),
        }
    }
}

impl Ledger for Services {
    type Error = Infallible;

    async fn duplicates(&self, _: &[LikeKey]) -> Result<HashSet<LikeKey>, Infallible> {
        Ok(HashSet::new())
    }
}

impl Quarantine for Services {
    type Error = Infallible;

    async fn put(&self, _: &QuarantinedRecord) -> Result<(), Infallible> {
        Ok(())
    }
}

/// What is written to the log.
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

fn event(movie: &str) -> Vec<u8> {
    LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.parse().unwrap(), None).encode().unwrap()
}

#[tokio::test]
async fn one_line_says_what_became_of_the_batch_and_one_why_a_record_is_quarantined() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();

    let liked = event("m");
    let mut batch = KinesisEvent::default();
    let data = [liked.clone(), liked, event("m"), b"junk".to_vec(), event("refused")];
    batch.records = data
        .into_iter()
        .map(|data| {
            let mut record = KinesisEventRecord::default();
            record.kinesis.data.0 = data;
            record
        })
        .collect();
    UpdateCount::new(Services, Services).handle(batch, SystemTime::now() + Duration::from_mins(1)).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(": batch ")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    let why = r#"quarantined sequence_number="" reason="not an event: expected value at line 1 column 1""#;
    assert!(log.contains(why), "{log}");
    assert!(
        lines[0].ends_with("batch records=5 counted=2 duplicates=1 quarantined=1 unfinished=1"),
        "{}",
        lines[0]
    );
}
