//! The mapping: from the shards to the function.

use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::warn;

use crate::{
    Answer, Condition, GivenUp, Host, Position, Record, Settings, Shard,
    batch::{Batch, cut, done, lanes},
};

/// How often a shard is read that holds no more: once a second, as Lambda does.
const POLL: Duration = Duration::from_secs(1);
/// How often the stream is asked for new shards.
const LIST: Duration = Duration::from_secs(10);
/// The pause before a batch is delivered again, or a service asked again; AWS does not document Lambda's.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Delivers the records of a stream to a function.
#[derive(Debug)]
pub struct Mapping<H> {
    settings: Settings,
    host: H,
}

impl<H: Host> Mapping<H> {
    /// A mapping with these settings.
    #[must_use]
    pub const fn new(settings: Settings, host: H) -> Self {
        Self { settings, host }
    }

    /// Delivers until every shard is closed and done, which those of an open stream never are.
    pub async fn run(&self) {
        let mut begun = BTreeSet::new();
        let mut finished = BTreeSet::new();
        let mut under_way = FuturesUnordered::new();
        let mut pause = Duration::ZERO;
        loop {
            tokio::select! {
                Some(id) = under_way.next() => {
                    finished.insert(id);
                    // Others may have waited for it.
                    pause = Duration::ZERO;
                }
                shards = self.list_after(pause) => {
                    pause = LIST;
                    for shard in due(&shards, &finished) {
                        if begun.insert(shard.clone()) {
                            under_way.push(self.deliver_shard(shard));
                        }
                    }
                    if under_way.is_empty() {
                        return;
                    }
                }
            }
        }
    }

    async fn list_after(&self, pause: Duration) -> Vec<Shard> {
        sleep(pause).await;
        insist("list the shards", async || self.host.shards().await).await
    }

    /// Delivers the records of a shard until it is closed and done, and returns its name.
    async fn deliver_shard(&self, shard: String) -> String {
        let mut position = self.host.checkpoint(&shard).map_or(Position::TrimHorizon, Position::After);
        let mut next_poll = Instant::now();
        loop {
            let (records, is_closed) = self.gather(&shard, &position, &mut next_poll).await;
            if let Some(last) = records.last() {
                let last = last.sequence_number.clone();
                self.deliver_lanes(&shard, records).await;
                insist("remember how far a shard is done", async || self.host.set_checkpoint(&shard, &last))
                    .await;
                position = Position::After(last);
            }
            if is_closed {
                return shard;
            }
        }
    }

    /// Reads a shard until there is a batch for each lane, or the window ends. Says also whether the shard is closed.
    async fn gather(&self, shard: &str, position: &Position, next_poll: &mut Instant) -> (Vec<Record>, bool) {
        let most = self.settings.batch_size * self.settings.parallelization_factor;
        let mut records: Vec<Record> = Vec::new();
        let mut window_ends = None;
        loop {
            sleep_until(window_ends.map_or(*next_poll, |end| (*next_poll).min(end))).await;
            let last = records.last().map(|record| Position::After(record.sequence_number.clone()));
            let position = last.as_ref().unwrap_or(position);
            let left = most - records.len();
            let read = insist("read a shard", async || self.host.read(shard, position, left).await).await;
            let now = Instant::now();
            *next_poll = if read.has_more { now } else { now + POLL };
            records.extend(read.records);
            if !records.is_empty() {
                window_ends.get_or_insert(now + self.settings.window);
            }
            let is_over = window_ends.is_some_and(|end| end <= now);
            if read.is_closed || records.len() >= most || is_over {
                return (records, read.is_closed);
            }
        }
    }

    async fn deliver_lanes(&self, shard: &str, records: Vec<Record>) {
        let lanes = lanes(records, self.settings.parallelization_factor);
        join_all(lanes.iter().map(async |lane| {
            for records in cut(lane, self.settings.batch_size) {
                self.deliver(shard, records).await;
            }
        }))
        .await;
    }

    /// Delivers a batch, and what is left of it, until all of it is done, given up or expired.
    async fn deliver(&self, shard: &str, records: &[Record]) {
        // What is to be delivered, the next one last.
        let mut waiting = vec![Batch { records, invocations: 0, tries: 0 }];
        while let Some(batch) = waiting.pop() {
            let Some(batch) = self.still_wanted(shard, batch).await else { continue };
            match self.host.invoke(shard, batch.records).await {
                Ok(answer) => waiting.extend(self.left(batch, &answer).into_iter().rev()),
                Err(error) => {
                    warn!(shard, %error, "cannot deliver a batch; retrying");
                    waiting.push(batch);
                }
            }
            if !waiting.is_empty() {
                sleep(RETRY_PAUSE).await;
            }
        }
    }

    /// What is left of a batch that the function was invoked with, in order.
    fn left<'a>(&self, batch: Batch<'a>, answer: &Answer) -> Vec<Batch<'a>> {
        let Batch { records, tries, .. } = batch;
        let invocations = batch.invocations.saturating_add(1);
        let part = |records, tries| Batch { records, invocations, tries };
        let again = part(records, tries.saturating_add(1));
        let done = match answer {
            Answer::Response(_) if !self.settings.report_batch_item_failures => Some(records.len()),
            Answer::Response(response) => done(records, response),
            Answer::Failed => None,
        };
        match done {
            Some(done) if done == records.len() => vec![],
            Some(0) => vec![again],
            // With bisection, this is a split.
            Some(done) if self.settings.bisect => vec![part(records.split_at(done).1, tries)],
            Some(done) => vec![Batch { records: records.split_at(done).1, ..again }],
            None if self.settings.bisect && records.len() > 1 => {
                let (first, second) = records.split_at(records.len() / 2);
                vec![part(first, tries), part(second, tries)]
            }
            None => vec![again],
        }
    }

    /// A batch without what is expired, too old, or was tried too often; `None` if that is all.
    async fn still_wanted<'a>(&self, shard: &str, batch: Batch<'a>) -> Option<Batch<'a>> {
        let Settings { retention, max_age, max_retries, .. } = self.settings;
        let older_than = |records: &[Record], age: Duration| {
            records.iter().take_while(|record| record.arrived.elapsed() > age).count()
        };
        let (expired, records) = batch.records.split_at(older_than(batch.records, retention));
        if !expired.is_empty() {
            self.host.expired(shard, expired);
        }
        let aged = max_age.map_or(0, |age| older_than(records, age));
        let (aged, records) = records.split_at(aged);
        let is_exhausted = max_retries.is_some_and(|most| batch.tries > most);
        let (exhausted, records) = records.split_at(if is_exhausted { records.len() } else { 0 });
        for (records, condition) in
            [(aged, Condition::RecordAgeExceeded), (exhausted, Condition::RetryAttemptsExhausted)]
        {
            if !records.is_empty() {
                let invocations = batch.invocations;
                self.host.give_up(GivenUp { shard, records, condition, invocations }).await;
            }
        }
        (!records.is_empty()).then_some(Batch { records, ..batch })
    }
}

/// The shards that may be delivered: all that they took over from are finished, or forgotten by the stream.
fn due(shards: &[Shard], finished: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let exists = |id: &String| shards.iter().any(|shard| shard.id == *id);
    let is_due =
        move |shard: &&Shard| shard.parents.iter().all(|parent| finished.contains(parent) || !exists(parent));
    shards.iter().filter(is_due).map(|shard| shard.id.clone())
}

/// Asks a service until it answers.
async fn insist<T, E: std::error::Error>(what: &str, ask: impl AsyncFn() -> Result<T, E>) -> T {
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => {
                warn!(%error, "cannot {what}; trying again");
                sleep(RETRY_PAUSE).await;
            }
        }
    }
}
