//! Lambda's event source mapping for Kinesis.
//!
//! The rules are those of <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>:
//!
//! - Batches of a shard are delivered in order. With a parallelization factor a shard has that many lanes, each in
//!   order, and a batch of each lane is under way at once.
//! - A batch that is done is not delivered again, but for the case that Lambda itself loses the note of it.
//! - Of a batch with failures, all before the lowest sequence number that failed is done, and the rest is delivered
//!   again. A batch whose invocation failed is delivered again as a whole.
//! - With bisection, what is delivered again comes in halves.
//! - A record that the stream no longer has is told to the on-failure destination instead.

use std::{
    collections::BTreeSet,
    sync::Mutex,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{kinesis::KinesisEvent, streams::KinesisEventResponse};
use futures::future::{BoxFuture, FutureExt, join_all};
use tokio::time::{Instant, sleep, timeout};
use update_count::UpdateCount;

use crate::{Aside, Fault, Faults, Invocation, Record, Shard, Tables};

/// The pause before a batch is delivered again; Lambda's grows, and nothing depends on how.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// How a mapping and its function are set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The sizes of the batches, in turn, over and over.
    pub batch_sizes: Vec<usize>,
    /// How many batches of a shard are under way at once.
    pub parallelization_factor: usize,
    /// Whether what failed is delivered again in halves.
    pub bisect: bool,
    /// How long the stream keeps a record.
    pub retention: Duration,
    /// How long an invocation may take.
    pub timeout: Duration,
}

/// A mapping that delivers to `UpdateCount`.
#[derive(Debug)]
pub struct Mapping {
    settings: Settings,
    tables: Tables,
    aside: Aside,
    /// Any fault here is a batch that was done and whose note was lost.
    lost_notes: Faults,
    expired: Mutex<BTreeSet<u64>>,
}

impl Mapping {
    /// A mapping to a function that counts in `tables` and puts aside in `aside`.
    #[must_use]
    pub fn new(settings: Settings, tables: Tables, aside: Aside, lost_notes: Faults) -> Self {
        Self { settings, tables, aside, lost_notes, expired: Mutex::default() }
    }

    /// The sequence numbers that were told to the on-failure destination.
    ///
    /// # Panics
    /// If a thread panicked while it held them.
    #[must_use]
    pub fn expired(&self) -> BTreeSet<u64> {
        self.expired.lock().expect("nobody panicked").clone()
    }

    /// Delivers all records of a shard, then those of its children, until each is done or expired.
    pub fn deliver<'a>(&'a self, shard: &'a Shard) -> BoxFuture<'a, ()> {
        async move {
            let factor = self.settings.parallelization_factor;
            let lane = |number| shard.records.iter().skip(number).step_by(factor).cloned().collect();
            join_all((0..factor).map(lane).map(|records| self.deliver_lane(records))).await;
            join_all(shard.children.iter().map(|child| self.deliver(child))).await;
        }
        .boxed()
    }

    async fn deliver_lane(&self, records: Vec<Record>) {
        let mut sizes = self.settings.batch_sizes.iter().copied().cycle();
        let mut rest = records.as_slice();
        // After a failure with bisection, the next batch is at most this large.
        let mut half = usize::MAX;
        while let Some(first) = rest.first() {
            if first.arrived.elapsed() > self.settings.retention {
                self.expired.lock().expect("nobody panicked").insert(first.sequence_number);
                rest = rest.split_first().map_or(&[], |(_, rest)| rest);
                continue;
            }
            let size = sizes.next().unwrap_or(1).min(half).clamp(1, rest.len());
            let (batch, _) = rest.split_at(size);
            let done = self.invoke(batch).await;
            rest = rest.split_at(done).1;
            if done == size {
                half = usize::MAX;
            } else {
                if self.settings.bisect {
                    half = (size - done).div_ceil(2);
                }
                sleep(RETRY_PAUSE).await;
            }
        }
    }

    /// Invokes the function with a batch and says how many of its records are done, from the first on.
    async fn invoke(&self, batch: &[Record]) -> usize {
        let invocation = Invocation::new(self.tables.clone(), self.aside.clone());
        let handler = UpdateCount::new(invocation.clone(), invocation.clone());
        let mut event = KinesisEvent::default();
        event.records = batch.iter().map(Record::to_event).collect();

        let started = Instant::now();
        let deadline = SystemTime::now() + self.settings.timeout;
        let answer = tokio::select! {
            biased;
            () = invocation.crashed() => return 0,
            answer = timeout(self.settings.timeout, handler.handle(event, deadline)) => answer,
        };
        let answer =
            answer.unwrap_or_else(|_| panic!("the handler had no answer after {:?}", started.elapsed()));
        if self.lost_notes.next() == Fault::None { done(batch, &answer) } else { 0 }
    }
}

/// How many records of a batch are done by an answer: those before the lowest sequence number in it.
fn done(batch: &[Record], answer: &KinesisEventResponse) -> usize {
    let failed = answer.batch_item_failures.iter().map(|failure| {
        let number = failure.item_identifier.as_deref().and_then(|number| number.parse::<u64>().ok());
        number.unwrap_or_else(|| panic!("{failure:?} is no sequence number"))
    });
    let Some(lowest) = failed.min() else { return batch.len() };
    let position = batch.iter().position(|record| record.sequence_number == lowest);
    position.unwrap_or_else(|| panic!("{lowest} is not of the batch"))
}
