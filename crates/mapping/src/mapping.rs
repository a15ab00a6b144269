//! The mapping: it delivers the records of the shards to the function.

use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use crate::{
    Condition, Discarded, FunctionResult, Position, Record, Services, Settings, Shard,
    batch::{Batch, batches, by_partition_key, done},
};

/// The time between reads of a shard that holds no more records. Lambda polls once a second, too.
const POLL: Duration = Duration::from_secs(1);
/// The time between listings of the shards.
const LIST: Duration = Duration::from_secs(10);
/// The backoff before a redelivery or the retry of a call. AWS does not document Lambda's.
const BACKOFF: Duration = Duration::from_secs(1);

/// Delivers the records of a stream to a function.
#[derive(Debug)]
pub struct Mapping<S> {
    settings: Settings,
    services: S,
}

impl<S: Services> Mapping<S> {
    /// A mapping with these settings, between these services.
    #[must_use]
    pub const fn new(settings: Settings, services: S) -> Self {
        Self { settings, services }
    }

    /// Delivers records until every shard is closed and done. A stream in use always has open shards, so it never
    /// returns for one.
    pub async fn run(&self) {
        let mut started = BTreeSet::new();
        let mut finished = BTreeSet::new();
        let mut deliveries = FuturesUnordered::new();
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                Some(id) = deliveries.next() => {
                    finished.insert(id);
                    // Its children may now be due.
                    pause = Duration::ZERO;
                }
                shards = self.list_after(pause) => {
                    pause = LIST;
                    for shard in due(&shards, &finished) {
                        if started.insert(shard.clone()) {
                            deliveries.push(self.deliver_shard(shard));
                        }
                    }
                    if deliveries.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    async fn list_after(&self, pause: Duration) -> Vec<Shard> {
        sleep(pause).await;
        retry("list the shards", async || self.services.shards().await).await
    }

    /// Delivers the records of a shard until it is closed and done, and returns its id.
    async fn deliver_shard(&self, shard: String) -> String {
        let mut position = self
            .services
            .checkpoint(&shard)
            .map_or_else(|| self.settings.starting_position.clone(), Position::AfterSequenceNumber);
        let mut next_poll = Instant::now();
        loop {
            let (records, is_closed) = self.gather(&shard, &position, &mut next_poll).await;
            if let Some(last) = records.last() {
                let last = last.sequence_number.clone();
                self.deliver_concurrently(&shard, records).await;
                retry("store a checkpoint", async || self.services.set_checkpoint(&shard, &last)).await;
                position = Position::AfterSequenceNumber(last);
            }
            if is_closed {
                return shard;
            }
        }
    }

    /// Gathers records of a shard until there are enough for as many batches as may be in flight, or the batching
    /// window ends. Also returns whether the shard is closed.
    async fn gather(&self, shard: &str, position: &Position, next_poll: &mut Instant) -> (Vec<Record>, bool) {
        let limit = self.settings.batch_size * self.settings.parallelization_factor;
        let mut records: Vec<Record> = Vec::new();
        let mut window_ends = None;
        loop {
            sleep_until(window_ends.map_or(*next_poll, |end| (*next_poll).min(end))).await;
            let last =
                records.last().map(|record| Position::AfterSequenceNumber(record.sequence_number.clone()));
            let position = last.as_ref().unwrap_or(position);
            let left = limit - records.len();
            let read = retry("read a shard", async || self.services.read(shard, position, left).await).await;
            let now = Instant::now();
            *next_poll = if read.has_more { now } else { now + POLL };
            records.extend(read.records);
            if !records.is_empty() {
                window_ends.get_or_insert(now + self.settings.window);
            }
            let is_over = window_ends.is_some_and(|end| end <= now);
            if read.is_closed || records.len() >= limit || is_over {
                return (records, read.is_closed);
            }
        }
    }

    async fn deliver_concurrently(&self, shard: &str, records: Vec<Record>) {
        let groups = by_partition_key(records, self.settings.parallelization_factor);
        join_all(groups.iter().map(async |group| {
            for records in batches(group, self.settings.batch_size) {
                self.deliver(shard, records).await;
            }
        }))
        .await;
    }

    /// Delivers a batch, and redelivers what is left of it, until every record is done, discarded or expired.
    async fn deliver(&self, shard: &str, records: &[Record]) {
        // A stack: the next batch is the last one.
        let mut pending = vec![Batch { records, invocations: 0, attempts: 0 }];
        while let Some(batch) = pending.pop() {
            let Some(batch) = self.deliverable(shard, batch).await else { continue };
            match self.services.invoke(shard, batch.records).await {
                Ok(result) => pending.extend(self.left(batch, &result).into_iter().rev()),
                Err(error) => {
                    warn!(shard, %error, "cannot deliver a batch; retrying");
                    pending.push(batch);
                }
            }
            if !pending.is_empty() {
                sleep(BACKOFF).await;
            }
        }
    }

    /// The batches that are left of one after an invocation, in order.
    fn left<'a>(&self, batch: Batch<'a>, result: &FunctionResult) -> Vec<Batch<'a>> {
        let Batch { records, attempts, .. } = batch;
        let invocations = batch.invocations.saturating_add(1);
        let part = |records, attempts| Batch { records, invocations, attempts };
        let retry = part(records, attempts.saturating_add(1));
        let done = match result {
            FunctionResult::Response(_) if !self.settings.report_batch_item_failures => Some(records.len()),
            FunctionResult::Response(response) => done(records, response),
            FunctionResult::Error => None,
        };
        match done {
            Some(done) if done == records.len() => vec![],
            Some(0) => vec![retry],
            // With bisection, this is a split and not an attempt.
            Some(done) if self.settings.bisect => vec![part(records.split_at(done).1, attempts)],
            Some(done) => vec![Batch { records: records.split_at(done).1, ..retry }],
            None if self.settings.bisect && records.len() > 1 => {
                let (first, second) = records.split_at(records.len() / 2);
                vec![part(first, attempts), part(second, attempts)]
            }
            None => vec![retry],
        }
    }

    /// A batch without the records that are expired or discarded; `None` if no others are left.
    async fn deliverable<'a>(&self, shard: &str, batch: Batch<'a>) -> Option<Batch<'a>> {
        let Settings { retention, max_age, max_retries, .. } = self.settings;
        let older_than = |records: &[Record], age: Duration| {
            records.iter().take_while(|record| record.arrived.elapsed() > age).count()
        };
        let (expired, records) = batch.records.split_at(older_than(batch.records, retention));
        if !expired.is_empty() {
            self.services.expired(shard, expired);
        }
        let aged = max_age.map_or(0, |age| older_than(records, age));
        let (aged, records) = records.split_at(aged);
        let is_exhausted = max_retries.is_some_and(|max| batch.attempts > max);
        let (exhausted, records) = records.split_at(if is_exhausted { records.len() } else { 0 });
        for (records, condition) in
            [(aged, Condition::RecordAgeExceeded), (exhausted, Condition::RetryAttemptsExhausted)]
        {
            if !records.is_empty() {
                let invocations = batch.invocations;
                self.services.discard(Discarded { shard, records, condition, invocations }).await;
            }
        }
        (!records.is_empty()).then_some(Batch { records, ..batch })
    }
}

/// The shards that may be delivered: those whose parents are finished or no longer listed.
fn due(shards: &[Shard], finished: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let exists = |id: &String| shards.iter().any(|shard| shard.id == *id);
    let is_due =
        move |shard: &&Shard| shard.parents.iter().all(|parent| finished.contains(parent) || !exists(parent));
    shards.iter().filter(is_due).map(|shard| shard.id.clone())
}

/// Repeats a call until it succeeds.
async fn retry<T, E: std::error::Error>(what: &str, call: impl AsyncFn() -> Result<T, E>) -> T {
    loop {
        match call().await {
            Ok(output) => return output,
            Err(error) => {
                warn!(%error, "cannot {what}; retrying");
                sleep(BACKOFF).await;
            }
        }
    }
}
