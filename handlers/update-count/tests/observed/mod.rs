//! Runs `UpdateCount` on services that treat a movie as its name says.

use std::{
    collections::HashSet,
    convert::Infallible,
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::KinesisEvent;
use counting::{Cell, Cells, CountCells, Ledger, Reason, Transact, TransactError, Transaction};
use like::{LikeKey, MovieId};
use metrique::{CloseValue, RootEntry, emf::Emf, writer::format::Format};
use quarantine::{Quarantine, QuarantinedRecord};
use serde_json::Value;
use traces::Traces;
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

/// Every count has one cell.
impl CountCells for Services {
    async fn cells(&self, _: &MovieId) -> Result<Cells, TransactError<io::Error>> {
        Ok(Cells::ONE)
    }

    async fn spread(&self, _: &MovieId, _: Cells, _: Cells) -> Result<bool, TransactError<io::Error>> {
        Ok(false)
    }

    async fn fold(&self, _: &MovieId, _: Cell) -> Result<Cells, TransactError<io::Error>> {
        Ok(Cells::ONE)
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
pub(crate) async fn handle(batch: KinesisEvent) -> (bool, Value) {
    handle_traced(batch, Traces::default()).await
}

/// Handles a batch, and continues the traces of its likes.
pub(crate) async fn handle_traced(batch: KinesisEvent, traces: Traces) -> (bool, Value) {
    let mut metrics = BatchMetrics::new("request-7".to_owned());
    let deadline = SystemTime::now() + Duration::from_mins(1);
    let update_count = UpdateCount::new(Services, Services, Arc::default()).traced(traces);
    let result = update_count.handle(batch, deadline, &mut metrics).await;
    let mut line = Vec::new();
    let mut emf = Emf::all_validations("Likestream".to_owned(), vec![vec![]]);
    emf.format(&RootEntry::new(metrics.close()), &mut line).unwrap();
    (!matches!(result, Err(NoProgress(_))), serde_json::from_slice(&line).unwrap())
}
