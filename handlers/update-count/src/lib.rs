//! Counts the likes of a stream exactly once.
//!
//! Every record of a batch comes to an end: its likes are counted or known, it is quarantined, or it is reported to be
//! delivered again. One record never decides for its neighbours.

mod quarantine;
mod queue;
mod record;

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{
    kinesis::{KinesisEvent, KinesisEventRecord},
    streams::KinesisEventResponse,
};
use aws_sdk_dynamodb::error::DisplayErrorContext;
use counting::{
    CONCURRENCY, Ledger, Like, MAX_KEYS, Outcome, Position, Transact, by_movie, count_movie, distinct,
    find_duplicates,
};
use futures::{StreamExt, stream};
use like::LikeEvent;
pub use queue::{Queue, SendError};
use record::Outcomes;
use tokio::time::{Instant, timeout_at};

use crate::quarantine::quarantined;

/// What is kept back of an invocation's time for the quarantine, after the counting.
const TIME_TO_QUARANTINE: Duration = Duration::from_secs(6);
/// What is kept back of an invocation's time for the answer, after all else.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);
/// How many likes are asked for and counted before the next: as many as the ledger can be asked for at once. A batch has
/// seldom more; a record of many lines can have, and must get done too.
const WINDOW: usize = CONCURRENCY * MAX_KEYS;
/// The part of the time left that may be spent on asking the ledger: one in so many.
const SHARE_TO_ASK: u32 = 4;

/// The handler and what it needs.
#[derive(Debug, Clone)]
pub struct UpdateCount<T, Q> {
    tables: T,
    quarantine: Q,
}

impl<T: Transact + Ledger, Q: ::quarantine::Quarantine> UpdateCount<T, Q> {
    /// A handler that counts in `tables` and quarantines in `quarantine` what is not a like.
    #[must_use]
    pub fn new(tables: T, quarantine: Q) -> Self {
        Self { tables, quarantine }
    }

    /// Handles one batch and answers before `deadline` which of its records are to be delivered again.
    ///
    /// Lambda delivers again from the lowest sequence number in the answer, and passes over all before it. See
    /// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
    pub async fn handle(&self, event: KinesisEvent, deadline: SystemTime) -> KinesisEventResponse {
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        let answer_by = Instant::now() + time_left.saturating_sub(TIME_TO_ANSWER);
        let count_by = Instant::now() + time_left.saturating_sub(TIME_TO_ANSWER + TIME_TO_QUARANTINE);

        let (mut outcomes, events) = record::read(&event.records);
        self.count(events, &mut outcomes, count_by).await;
        let mut of_records = outcomes.of_records();
        self.quarantine(&event.records, &mut of_records, answer_by).await;
        report(&outcomes, &of_records);
        answer(&event.records, &of_records)
    }

    /// Counts what can be counted, in the order of arrival.
    async fn count(&self, events: Vec<(Position, LikeEvent)>, outcomes: &mut Outcomes, deadline: Instant) {
        let mut likes = distinct(events).into_iter();
        let mut ledger_answers = true;
        loop {
            let window: Vec<_> = likes.by_ref().take(WINDOW).collect();
            if window.is_empty() {
                return;
            }
            let ask_by = Instant::now() + deadline.saturating_duration_since(Instant::now()) / SHARE_TO_ASK;
            let keys = if ledger_answers {
                find_duplicates(&self.tables, &window, ask_by).await
            } else {
                HashSet::new()
            };
            ledger_answers &= Instant::now() < ask_by;
            let (known, unknown): (Vec<_>, Vec<_>) =
                window.into_iter().partition(|like| keys.contains(&like.key));
            for like in known {
                outcomes.settle(&like, &Outcome::Duplicate);
            }
            self.write(unknown, outcomes, deadline).await;
        }
    }

    /// Writes likes that the ledger may not know yet.
    async fn write(&self, likes: Vec<Like>, outcomes: &mut Outcomes, deadline: Instant) {
        let mut counted = stream::iter(by_movie(likes))
            .map(async |(movie, likes)| count_movie(&self.tables, &movie, likes, deadline).await)
            .buffer_unordered(CONCURRENCY);
        while let Some(settled) = counted.next().await {
            for (like, outcome) in settled {
                outcomes.settle(&like, &outcome);
            }
        }
    }

    /// Quarantines what can never be counted, up to the first unfinished record: what comes after that one is
    /// delivered again anyway, and would be quarantined as often.
    async fn quarantine(&self, records: &[KinesisEventRecord], outcomes: &mut [Outcome], deadline: Instant) {
        let first = outcomes.iter().position(|outcome| *outcome == Outcome::Unfinished);
        let (before, after) = outcomes.split_at_mut(first.unwrap_or(outcomes.len()));
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

    /// Quarantines one record and says whether that is done.
    async fn put(&self, record: &KinesisEventRecord, reason: &str, deadline: Instant) -> bool {
        let sequence_number = &record.kinesis.sequence_number;
        if Instant::now() >= deadline {
            return false;
        }
        let record = quarantined(record, reason);
        match timeout_at(deadline, self.quarantine.put(&record)).await {
            Ok(Ok(())) => {
                tracing::warn!(sequence_number, reason = record.reason, "quarantined");
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

/// Logs the number of lines and records by their outcomes.
fn report(outcomes: &Outcomes, of_records: &[Outcome]) {
    let records = |wanted: fn(&Outcome) -> bool| of_records.iter().filter(|outcome| wanted(outcome)).count();
    tracing::info!(
        records = of_records.len(),
        counted = outcomes.number(&Outcome::Counted),
        duplicates = outcomes.number(&Outcome::Duplicate),
        quarantined = records(|outcome| matches!(outcome, Outcome::Quarantined(_))),
        unfinished = records(|outcome| *outcome == Outcome::Unfinished),
        "batch"
    );
}

fn answer(records: &[KinesisEventRecord], outcomes: &[Outcome]) -> KinesisEventResponse {
    let records = records.iter().zip(outcomes);
    let unfinished = records.filter(|(_, outcome)| **outcome == Outcome::Unfinished);
    let mut response = KinesisEventResponse::default();
    response.set_failures(unfinished.map(|(record, _)| record.kinesis.sequence_number.as_str()));
    response
}
