//! Counts the likes on the stream exactly once.
//!
//! Every record of a batch has an outcome: its likes are counted or duplicates, it is quarantined, or it is reported
//! as failed, so Lambda redelivers it. A record's outcome never affects the other records.

mod metrics;
mod quarantine;
mod queue;
mod record;
mod spans;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{
    kinesis::{KinesisEvent, KinesisEventRecord},
    streams::KinesisEventResponse,
};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use counting::{
    CONCURRENCY, CountCells, KnownCells, Ledger, Like, MAX_KEYS, Outcome, Position, Spread, by_movie,
    count_movie, distinct, find_duplicates,
};
use futures::{StreamExt, stream};
use like::LikeEvent;
pub use metrics::BatchMetrics;
pub use queue::{Queue, SendError};
use record::Outcomes;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use traces::{EXPORT_TIMEOUT, Traces};

use crate::{
    metrics::Metered,
    quarantine::{quarantined, shard_id, shard_number},
    spans::BatchSpans,
};

/// The part of an invocation's time that is reserved for the quarantine, after counting.
const TIME_TO_QUARANTINE: Duration = Duration::from_secs(6);
/// The part of an invocation's time that is reserved for the response, after everything else.
const TIME_TO_RESPOND: Duration = Duration::from_secs(1);
/// Spans are exported in it.
const _: () = assert!(EXPORT_TIMEOUT.as_millis() < TIME_TO_RESPOND.as_millis());
/// The number of likes that are looked up and counted before the next: as many as can be looked up at once. A batch
/// rarely has more, but a record of many lines can, and must make progress too.
const WINDOW: usize = CONCURRENCY * MAX_KEYS;
/// The fraction of the remaining time that lookups may take: one in this many.
const LOOKUP_SHARE: u32 = 4;

/// The handler and its dependencies.
#[derive(Debug, Clone)]
pub struct UpdateCount<T, Q> {
    tables: T,
    quarantine: Q,
    known: Arc<KnownCells>,
    traces: Traces,
}

/// No line of the batch could be counted or quarantined, so the invocation is an error: it then shows in the function's
/// metric `Errors`. Lambda redelivers the batch as it would if every record were reported as failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("none of the batch's {0} records could be counted or quarantined; the log has the causes")]
pub struct NoProgress(pub usize);

impl<T: CountCells + Ledger + Sync, Q: ::quarantine::Quarantine> UpdateCount<T, Q> {
    /// A handler that counts in `tables`, and quarantines in `quarantine` what can never be counted. What `known` holds is
    /// kept from one batch to the next.
    #[must_use]
    pub fn new(tables: T, quarantine: Q, known: Arc<KnownCells>) -> Self {
        Self { tables, quarantine, known, traces: Traces::default() }
    }

    /// Continues the traces of likes that are traced.
    #[must_use]
    pub fn traced(mut self, traces: Traces) -> Self {
        self.traces = traces;
        self
    }

    /// Handles one batch and returns by `deadline` the records that must be redelivered.
    ///
    /// Lambda redelivers from the lowest sequence number in the response on, and considers all records before it
    /// done. See
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
    ///
    /// # Errors
    /// [`NoProgress`] if all records must be redelivered as they are.
    pub async fn handle(
        &self,
        event: KinesisEvent,
        deadline: SystemTime,
        metrics: &mut BatchMetrics,
    ) -> Result<KinesisEventResponse, NoProgress> {
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        let respond_by = Instant::now() + time_left.saturating_sub(TIME_TO_RESPOND);
        let count_by = Instant::now() + time_left.saturating_sub(TIME_TO_RESPOND + TIME_TO_QUARANTINE);

        let (mut outcomes, events) = record::read(&event.records);
        let spans = BatchSpans::start(&self.traces, &events, &mut outcomes);
        let tables = Metered::new(&self.tables);
        // All records of a batch are of one shard.
        let shard = event.records.first().map_or(0, |record| shard_number(shard_id(record)));
        let spread = Spread { known: &self.known, shard };
        count(&tables, spread, events, &mut outcomes, count_by).await;
        metrics.set_counted(&event.records, &outcomes);
        metrics.set_transactions(tables.into_metrics());
        let mut of_records = outcomes.of_records();
        self.quarantine(&event.records, &mut of_records, respond_by).await;
        metrics.set_records(&event.records, &of_records);
        spans.end(metrics.request_id(), &event.records, &outcomes, &of_records);
        let is_done = |outcome: &Outcome| *outcome != Outcome::Unfinished;
        if of_records.is_empty() || outcomes.is_progress() || of_records.iter().any(is_done) {
            Ok(response(&event.records, &of_records))
        } else {
            Err(NoProgress(of_records.len()))
        }
    }

    /// Quarantines records that can never be counted, up to the first unfinished one. Later records are redelivered
    /// anyway, and would be quarantined again each time.
    async fn quarantine(&self, records: &[KinesisEventRecord], outcomes: &mut [Outcome], deadline: Instant) {
        let unfinished = outcomes.iter().position(|outcome| *outcome == Outcome::Unfinished);
        let (before, after) = outcomes.split_at_mut(unfinished.unwrap_or(outcomes.len()));
        stream::iter(records.iter().zip(before))
            .for_each_concurrent(CONCURRENCY, async |(record, outcome)| {
                if let Outcome::Quarantined(reason) = outcome
                    && !self.put(record, reason, deadline).await
                {
                    *outcome = Outcome::Unfinished;
                }
            })
            .await;
        for outcome in after {
            if matches!(outcome, Outcome::Quarantined(_)) {
                *outcome = Outcome::Unfinished;
            }
        }
    }

    /// Quarantines one record. Returns whether the quarantine has it.
    async fn put(&self, record: &KinesisEventRecord, reason: &str, deadline: Instant) -> bool {
        let sequence_number = &record.kinesis.sequence_number;
        if Instant::now() >= deadline {
            return false;
        }
        let record = quarantined(record, reason);
        match timeout_at(deadline, self.quarantine.put(&record)).await {
            Ok(Ok(())) => {
                // The reason quotes the record, so it is in the message alone.
                tracing::warn!(sequence_number, "quarantined");
                return true;
            }
            Ok(Err(error)) => {
                tracing::error!(sequence_number, error = %DisplayErrorContext(&error), "not quarantined");
            }
            Err(_) => tracing::error!(sequence_number, error = "out of time", "not quarantined"),
        }
        false
    }
}

/// Counts likes in order of arrival.
async fn count(
    tables: &(impl CountCells + Ledger),
    spread: Spread<'_>,
    events: Vec<(Position, LikeEvent)>,
    outcomes: &mut Outcomes,
    deadline: Instant,
) {
    let mut likes = distinct(events).into_iter();
    let mut ledger_responds = true;
    loop {
        let window: Vec<_> = likes.by_ref().take(WINDOW).collect();
        if window.is_empty() {
            return;
        }
        let look_up_by = Instant::now() + deadline.saturating_duration_since(Instant::now()) / LOOKUP_SHARE;
        let keys =
            if ledger_responds { find_duplicates(tables, &window, look_up_by).await } else { HashSet::new() };
        ledger_responds &= Instant::now() < look_up_by;
        let (duplicates, others): (Vec<_>, Vec<_>) =
            window.into_iter().partition(|like| keys.contains(&like.key));
        for like in duplicates {
            outcomes.set(&like, &Outcome::Duplicate);
        }
        write(tables, spread, others, outcomes, deadline).await;
    }
}

/// Writes likes that may not be duplicates.
async fn write(
    tables: &impl CountCells,
    spread: Spread<'_>,
    likes: Vec<Like>,
    outcomes: &mut Outcomes,
    deadline: Instant,
) {
    let mut counted = stream::iter(by_movie(likes))
        .map(async |(movie, likes)| count_movie(tables, spread, &movie, likes, deadline).await)
        .buffer_unordered(CONCURRENCY);
    while let Some(likes) = counted.next().await {
        for (like, outcome) in likes {
            outcomes.set(&like, &outcome);
        }
    }
}

fn response(records: &[KinesisEventRecord], outcomes: &[Outcome]) -> KinesisEventResponse {
    let records = records.iter().zip(outcomes);
    let unfinished = records.filter(|(_, outcome)| **outcome == Outcome::Unfinished);
    let mut response = KinesisEventResponse::default();
    response.set_failures(unfinished.map(|(record, _)| record.kinesis.sequence_number.as_str()));
    response
}
