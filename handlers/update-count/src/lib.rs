//! Counts the likes of a stream exactly once.
//!
//! Every record of a batch comes to an end: its likes are counted or known, it is quarantined, or it is reported to be
//! delivered again. One record never decides for its neighbours.

mod batch;
mod count;
mod entry;
mod ledger;
mod lookup;
mod quarantine;
mod queue;
mod record;
mod table;
mod transaction;

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{
    kinesis::{KinesisEvent, KinesisEventRecord},
    streams::KinesisEventResponse,
};
use aws_sdk_dynamodb::error::DisplayErrorContext;
pub use batch::{Like, Position, by_movie, distinct};
pub use count::{Outcome, count_movie};
pub use entry::ledger_entry;
use futures::{StreamExt, stream};
pub use ledger::{Ledger, MAX_KEYS};
use like::LikeEvent;
pub use lookup::ReadError;
pub use quarantine::{MAX_MESSAGE_BYTES, Quarantine, Quarantined};
pub use queue::{Queue, SendError};
use record::{Fate, Outcomes};
pub use table::{Tables, WriteError};
use tokio::time::{Instant, timeout_at};
pub use transaction::{MAX_LIKES, MAX_TRANSACT_ITEMS, Reason, Token, Transact, TransactError, Transaction};

/// How many calls of a service are under way at once: movies are counted, keys asked for, messages sent.
pub const CONCURRENCY: usize = 16;

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

impl<T: Transact + Ledger, Q: Quarantine> UpdateCount<T, Q> {
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
        let mut fates = outcomes.fates();
        self.put_aside(&event.records, &mut fates, answer_by).await;
        report(&outcomes, &fates);
        answer(&event.records, &fates)
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
                ledger::known(&self.tables, &window, ask_by).await
            } else {
                HashSet::new()
            };
            ledger_answers &= Instant::now() < ask_by;
            let (known, unknown): (Vec<_>, Vec<_>) =
                window.into_iter().partition(|like| keys.contains(&like.key));
            for like in known {
                outcomes.settle(&like, &Outcome::Known);
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

    /// Sends to the quarantine what can never be counted, up to the first unfinished record: what comes after
    /// that one is delivered again anyway, and would be put aside as often.
    async fn put_aside(&self, records: &[KinesisEventRecord], fates: &mut [Fate], deadline: Instant) {
        let finished = fates.iter().position(|fate| *fate == Fate::Unfinished).unwrap_or(fates.len());
        stream::iter(records.iter().zip(fates.iter_mut()).take(finished))
            .for_each_concurrent(CONCURRENCY, async |(record, fate)| {
                if let Fate::Unfit(reason) = fate {
                    *fate = self.quarantine(record, reason, deadline).await;
                }
            })
            .await;
    }

    async fn quarantine(&self, record: &KinesisEventRecord, reason: &str, deadline: Instant) -> Fate {
        let sequence_number = &record.kinesis.sequence_number;
        if Instant::now() >= deadline {
            return Fate::Unfinished;
        }
        let record = Quarantined::new(record, reason);
        match timeout_at(deadline, self.quarantine.put(&record)).await {
            Ok(Ok(())) => {
                tracing::warn!(sequence_number, reason = record.reason(), "quarantined");
                return Fate::Quarantined;
            }
            Ok(Err(error)) => {
                tracing::error!(sequence_number, error = %DisplayErrorContext(&error), "not quarantined");
            }
            Err(_) => tracing::error!(sequence_number, error = "out of time", "not quarantined"),
        }
        Fate::Unfinished
    }
}

fn report(outcomes: &Outcomes, fates: &[Fate]) {
    let records = |wanted: &Fate| fates.iter().filter(|fate| *fate == wanted).count();
    let (done, quarantined) = (records(&Fate::Done), records(&Fate::Quarantined));
    tracing::info!(
        records = fates.len(),
        counted = outcomes.number(&Outcome::Counted),
        known = outcomes.number(&Outcome::Known),
        quarantined,
        unfinished = fates.len() - done - quarantined,
        "batch"
    );
}

fn answer(records: &[KinesisEventRecord], fates: &[Fate]) -> KinesisEventResponse {
    let unfinished = records.iter().zip(fates).filter(|(_, fate)| match fate {
        Fate::Done | Fate::Quarantined => false,
        Fate::Unfit(_) | Fate::Unfinished => true,
    });
    let mut response = KinesisEventResponse::default();
    response.set_failures(unfinished.map(|(record, _)| record.kinesis.sequence_number.as_str()));
    response
}
