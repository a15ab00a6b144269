//! A stream and a function, faked.

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::Mutex,
    time::Duration,
};

use jiff::Timestamp;
use mapping::{
    Condition, Discarded, FunctionResult, Mapping, Position, Read, Record, Services, Settings, Shard,
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

/// The time of the start, as a position has it.
pub(crate) const START: Timestamp = Timestamp::UNIX_EPOCH;

/// The result of an invocation.
#[derive(Debug, Clone)]
pub(crate) enum Invoke {
    /// A response that reports these sequence numbers as failed.
    Report(&'static [u64]),
    /// A function error.
    Fail,
    /// The function is not invoked, or its response is lost.
    NoResponse,
    /// A success, after this time.
    Take(Duration),
}

pub(crate) type Parents = Vec<&'static str>;
/// The records' sequence numbers, and their arrivals after the start.
pub(crate) type Records = Vec<(u64, Duration)>;

/// A stream of closed shards and a scripted function; they record what the mapping does.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub shards: BTreeMap<&'static str, (Parents, Records)>,
    /// Whether the shards stay open.
    pub is_open: bool,
    /// Whether only the first listing of the shards gets a response.
    pub is_listed_once: bool,
    pub listed: Mutex<usize>,
    pub script: Mutex<VecDeque<Invoke>>,
    /// The number of calls to the stream and of checkpoints that fail from now on.
    pub outages: Mutex<usize>,
    pub checkpoints: Mutex<BTreeMap<String, String>>,
    pub invoked: Mutex<Vec<(Duration, String, Vec<u64>)>>,
    pub discarded: Mutex<Vec<(Condition, u32, Vec<u64>)>>,
    pub expired: Mutex<Vec<u64>>,
    /// The limit of each read.
    pub limits: Mutex<Vec<usize>>,
    pub started: Option<Instant>,
}

#[derive(Debug, Error)]
#[error("no response")]
pub(crate) struct NoResponse;

fn number(record: &Record) -> u64 {
    record.sequence_number.parse().unwrap()
}

fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(number).collect()
}

impl Fake {
    /// One shard whose records have all arrived.
    pub(crate) fn with(
        records: impl IntoIterator<Item = u64>,
        script: impl IntoIterator<Item = Invoke>,
    ) -> Self {
        let records = records.into_iter().map(|number| (number, Duration::ZERO)).collect();
        Self::of([("a", vec![], records)], script)
    }

    pub(crate) fn of(
        shards: impl IntoIterator<Item = (&'static str, Parents, Records)>,
        script: impl IntoIterator<Item = Invoke>,
    ) -> Self {
        let shards = shards.into_iter().map(|(id, parents, records)| (id, (parents, records))).collect();
        let started = Some(Instant::now());
        Self { shards, script: Mutex::new(script.into_iter().collect()), started, ..Self::default() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.unwrap().elapsed()
    }

    fn outage(&self) -> Result<(), NoResponse> {
        let mut left = self.outages.lock().unwrap();
        let has_failed = *left > 0;
        *left = left.saturating_sub(1);
        if has_failed { Err(NoResponse) } else { Ok(()) }
    }

    pub(crate) async fn run(&self, settings: Settings) {
        Mapping::new(settings, self).run().await;
    }

    /// The sequence numbers of each invocation.
    pub(crate) fn batches(&self) -> Vec<Vec<u64>> {
        self.invoked.lock().unwrap().iter().map(|(_, _, numbers)| numbers.clone()).collect()
    }

    /// The time of each invocation, in seconds after the start.
    pub(crate) fn times(&self) -> Vec<u64> {
        self.invoked.lock().unwrap().iter().map(|(time, ..)| time.as_secs()).collect()
    }

    pub(crate) fn discarded(&self) -> Vec<(Condition, u32, Vec<u64>)> {
        self.discarded.lock().unwrap().clone()
    }
}

impl Services for &Fake {
    type Error = NoResponse;

    async fn shards(&self) -> Result<Vec<Shard>, NoResponse> {
        self.outage()?;
        *self.listed.lock().unwrap() += 1;
        if self.is_listed_once && *self.listed.lock().unwrap() > 1 {
            pending::<()>().await;
        }
        let shard = |(id, (parents, _)): (&&str, &(Vec<&str>, _))| Shard {
            id: (*id).to_owned(),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
        };
        Ok(self.shards.iter().map(shard).collect())
    }

    async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, NoResponse> {
        self.outage()?;
        self.limits.lock().unwrap().push(limit);
        let (after, since) = match position {
            Position::TrimHorizon => (0, Duration::ZERO),
            Position::AtTimestamp(time) => (0, time.duration_since(START).unsigned_abs()),
            Position::AfterSequenceNumber(number) => (number.parse().unwrap(), Duration::ZERO),
        };
        let (_, records) = &self.shards[shard];
        let left = || records.iter().filter(|(number, arrival)| *number > after && *arrival >= since);
        let arrived = left().filter(|(_, arrival)| *arrival <= self.elapsed());
        let record = |(number, arrival): &(u64, Duration)| Record {
            sequence_number: number.to_string(),
            partition_key: format!("k{number}"),
            data: vec![],
            arrived: self.started.unwrap() + *arrival,
        };
        let read: Vec<_> = arrived.clone().take(limit).map(record).collect();
        let has_more = arrived.count() > read.len();
        let is_closed = !self.is_open && left().count() == read.len();
        Ok(Read { is_closed, has_more, records: read, ..Read::default() })
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<FunctionResult, NoResponse> {
        let invoked = (self.elapsed(), shard.to_owned(), numbers(batch));
        self.invoked.lock().unwrap().push(invoked);
        let next = self.script.lock().unwrap().pop_front();
        match next.unwrap_or(Invoke::Report(&[])) {
            Invoke::Report(failed) => {
                let failed: Vec<_> = failed
                    .iter()
                    .map(|number| serde_json::json!({"itemIdentifier": number.to_string()}))
                    .collect();
                let response = serde_json::json!({"batchItemFailures": failed});
                Ok(FunctionResult::parse(response.to_string().as_bytes()))
            }
            Invoke::Fail => Ok(FunctionResult::Error),
            Invoke::NoResponse => Err(NoResponse),
            Invoke::Take(time) => {
                sleep(time).await;
                Ok(FunctionResult::parse(b""))
            }
        }
    }

    async fn discard(&self, discarded: Discarded<'_>) {
        let Discarded { condition, invocations, records, .. } = discarded;
        self.discarded.lock().unwrap().push((condition, invocations, numbers(records)));
    }

    fn expired(&self, _shard: &str, records: &[Record]) {
        self.expired.lock().unwrap().extend(numbers(records));
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.lock().unwrap().get(shard).cloned()
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), NoResponse> {
        self.outage()?;
        self.checkpoints.lock().unwrap().insert(shard.to_owned(), sequence_number.to_owned());
        Ok(())
    }
}
