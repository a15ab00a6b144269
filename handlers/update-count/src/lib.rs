//! Counts the likes of a stream exactly once.
//!
//! Every record of a batch comes to an end: it is counted, known, quarantined, or reported to be delivered
//! again. One record never decides for its neighbours.

mod batch;
mod count;
mod quarantine;
mod queue;
mod table;
mod transaction;

use std::time::{Duration, SystemTime};

use aws_lambda_events::event::{
    kinesis::{KinesisEvent, KinesisEventRecord},
    streams::KinesisEventResponse,
};
use aws_sdk_dynamodb::error::DisplayErrorContext;
pub use batch::{Like, Position, by_movie};
pub use count::{Outcome, count_movie};
use futures::{StreamExt, stream};
use like::LikeEvent;
pub use quarantine::{Quarantine, Quarantined};
pub use queue::{Queue, SendError};
pub use table::{Tables, WriteError, ledger_entry};
use tokio::time::{Instant, timeout_at};
pub use transaction::{MAX_LIKES, MAX_TRANSACT_ITEMS, Reason, Transact, TransactError, Transaction};

/// How many movies are counted at once, and how many messages are sent at once.
const CONCURRENCY: usize = 16;

/// What is kept back of an invocation's time for the quarantine, after the counting.
const TIME_TO_QUARANTINE: Duration = Duration::from_secs(6);
/// What is kept back of an invocation's time for the answer, after all else.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);

/// The handler and what it needs.
#[derive(Debug, Clone)]
pub struct UpdateCount<T, Q> {
    tables: T,
    quarantine: Q,
}

/// What is to be done about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// Nothing: its like is counted.
    Counted,
    /// Nothing: its like was counted before, or with an earlier record of the batch.
    Known,
    /// It can never be counted, and why.
    Unfit(String),
    /// Nothing more: the quarantine has it.
    Quarantined,
    /// It must be delivered again.
    Unfinished,
}

impl<T: Transact, Q: Quarantine> UpdateCount<T, Q> {
    /// A handler that counts in `tables` and puts aside in `quarantine` what is not a like.
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

        let mut fates = self.count(&event.records, count_by).await;
        self.put_aside(&event.records, &mut fates, answer_by).await;
        report(&fates);
        answer(&event.records, &fates)
    }

    /// Counts what can be counted.
    async fn count(&self, records: &[KinesisEventRecord], deadline: Instant) -> Vec<Fate> {
        let mut fates = vec![Fate::Unfinished; records.len()];
        let mut events = Vec::with_capacity(records.len());
        for (position, (record, fate)) in records.iter().zip(&mut fates).enumerate() {
            match LikeEvent::decode(&record.kinesis.data) {
                Ok(event) => events.push((position, event)),
                Err(error) => *fate = Fate::Unfit(error.to_string()),
            }
        }
        let mut counted = stream::iter(by_movie(events))
            .map(async |(movie, likes)| count_movie(&self.tables, &movie, likes, deadline).await)
            .buffer_unordered(CONCURRENCY);
        while let Some(outcomes) = counted.next().await {
            for (like, outcome) in outcomes {
                settle(&like, &outcome, &mut fates);
            }
        }
        fates
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
        match timeout_at(deadline, self.quarantine.put(&Quarantined::new(record, reason))).await {
            Ok(Ok(())) => {
                tracing::warn!(sequence_number, reason, "quarantined");
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

/// Gives a like's records what became of it. The first record counts it; the others are copies.
fn settle(like: &Like, outcome: &Outcome, fates: &mut [Fate]) {
    for (copy, &position) in like.positions.iter().enumerate() {
        let Some(fate) = fates.get_mut(position) else { continue };
        *fate = match outcome {
            Outcome::Counted if copy == 0 => Fate::Counted,
            Outcome::Counted | Outcome::Known => Fate::Known,
            Outcome::Invalid(why) => Fate::Unfit(why.clone()),
            Outcome::Unwritten => Fate::Unfinished,
        };
    }
}

fn report(fates: &[Fate]) {
    let number = |wanted: &Fate| fates.iter().filter(|fate| *fate == wanted).count();
    let (counted, known) = (number(&Fate::Counted), number(&Fate::Known));
    let quarantined = number(&Fate::Quarantined);
    let unfinished = fates.len() - counted - known - quarantined;
    tracing::info!(records = fates.len(), counted, known, quarantined, unfinished, "batch");
}

fn answer(records: &[KinesisEventRecord], fates: &[Fate]) -> KinesisEventResponse {
    let unfinished = records.iter().zip(fates).filter(|(_, fate)| match fate {
        Fate::Counted | Fate::Known | Fate::Quarantined => false,
        Fate::Unfit(_) | Fate::Unfinished => true,
    });
    let mut response = KinesisEventResponse::default();
    response.set_failures(unfinished.map(|(record, _)| record.kinesis.sequence_number.as_str()));
    response
}
