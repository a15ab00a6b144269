//! The log reports the outcome of a batch. This is a file of its own because the log is global to the process.

#![cfg(test)]

mod batch;

use std::{
    collections::HashSet,
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use batch::{batch, like};
use counting::{Ledger, Transact, TransactError, Transaction};
use like::LikeKey;
use quarantine::{Quarantine, QuarantinedRecord};
use update_count::UpdateCount;

/// Tables that reject likes of the movie `rejected` only, and a queue that accepts every message.
struct Services;

impl Transact for Services {
    type Error = io::Error;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<io::Error>> {
        match transaction.movie.as_str() {
            "rejected" => Err(TransactError::Rejected(io::Error::other("denied"))),
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

#[tokio::test]
async fn one_line_has_the_outcomes_of_the_batch_and_one_the_reason_for_a_quarantined_record() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();

    let copied = like("m");
    let batch = batch([copied.clone(), copied, like("m"), b"malformed".to_vec(), like("rejected")]);
    UpdateCount::new(Services, Services).handle(batch, SystemTime::now() + Duration::from_mins(1)).await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = log.lines().filter(|line| line.contains(": batch ")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    let why = r#"quarantined sequence_number="3" reason="not an event: expected value at line 1 column 1""#;
    assert!(log.contains(why), "{log}");
    assert!(
        lines[0].ends_with("batch records=5 counted=2 duplicates=1 quarantined=1 unfinished=1"),
        "{}",
        lines[0]
    );
}
