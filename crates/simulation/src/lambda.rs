//! Lambda, which delivers the records of a stream to a function by the rules of `mapping`.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{kinesis::KinesisEvent, streams::KinesisEventResponse};
use counting::KnownCells;
use mapping::{Discarded, FunctionResult, Mapping, Position, Read, Services, event};
use thiserror::Error;
use tokio::time::timeout;

use crate::{Fault, Faults, Invocation, Queue, Record, Shard, Tables};

/// The settings of a mapping, its stream and its function.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The sizes of the batches, in turn and repeated.
    pub batch_sizes: Vec<usize>,
    /// The maximum number of batches of a shard in flight at once, 1 to 10.
    pub parallelization_factor: usize,
    /// Whether a batch whose invocation failed is redelivered as two halves.
    pub bisect: bool,
    /// The maximum age of a record that is delivered; older ones are discarded. `None` for no limit.
    pub max_age: Option<Duration>,
    /// The stream's retention period.
    pub retention: Duration,
    /// The function's timeout.
    pub timeout: Duration,
}

/// A stream, a function, and the mapping between them.
///
/// The function's arguments are the invocation, the batch and the deadline.
#[derive(Debug)]
pub struct Lambda<F> {
    function: F,
    settings: Settings,
    shards: BTreeMap<String, OpenShard>,
    tables: Tables,
    queue: Queue,
    /// Any fault here loses the checkpoint of a batch that is done, so the batch is redelivered.
    lost_checkpoints: Faults,
    invocations: AtomicUsize,
    /// What the idle environments remember. An environment serves any shard, and a crash ends it.
    environments: Mutex<Vec<Arc<KnownCells>>>,
    discarded: Mutex<BTreeSet<u64>>,
    expired: Mutex<BTreeSet<u64>>,
}

#[derive(Debug)]
struct OpenShard {
    records: Vec<Record>,
    parent: Option<String>,
    /// The maximum number of records that each read returns, in turn.
    reads: Mutex<iter::Cycle<std::vec::IntoIter<usize>>>,
}

/// The checkpoint of a batch that is done was lost.
#[derive(Debug, Error)]
#[error("injected")]
pub struct CheckpointLost;

impl<E, F: AsyncFn(Invocation, KinesisEvent, SystemTime) -> Result<KinesisEventResponse, E>> Lambda<F> {
    /// A stream with these shards and a `function` that counts in `tables` and quarantines in `queue`.
    #[must_use]
    pub fn new(
        function: F,
        settings: Settings,
        shards: Vec<Shard>,
        tables: Tables,
        queue: Queue,
        lost_checkpoints: Faults,
    ) -> Self {
        let mut lambda = Self {
            function,
            settings,
            shards: BTreeMap::new(),
            tables,
            queue,
            lost_checkpoints,
            invocations: AtomicUsize::new(0),
            environments: Mutex::default(),
            discarded: Mutex::default(),
            expired: Mutex::default(),
        };
        for shard in shards {
            lambda.open(shard, None);
        }
        lambda
    }

    fn open(&mut self, shard: Shard, parent: Option<&String>) {
        let id = format!("shardId-{:012}", self.shards.len());
        let reads = Mutex::new(self.settings.batch_sizes.clone().into_iter().cycle());
        let records = shard.records;
        self.shards.insert(id.clone(), OpenShard { records, parent: parent.cloned(), reads });
        for child in shard.children {
            self.open(child, Some(&id));
        }
    }

    /// Delivers records until each is done, discarded or expired.
    ///
    /// # Panics
    /// If the function exceeds its timeout or reports a record that is not in its batch.
    pub async fn run(&self) {
        let Settings { parallelization_factor, bisect, max_age, retention, .. } = self.settings;
        let settings = mapping::Settings {
            starting_position: Position::TrimHorizon,
            batch_size: self.settings.batch_sizes.iter().copied().max().unwrap_or(1),
            window: Duration::ZERO,
            parallelization_factor,
            report_batch_item_failures: true,
            bisect,
            max_retries: None,
            max_age,
            retention,
        };
        Mapping::new(settings, self).run().await;
    }

    /// The number of invocations so far.
    #[must_use]
    pub fn invocations(&self) -> usize {
        self.invocations.load(Ordering::Relaxed)
    }

    /// The sequence numbers of the records that were discarded. The on-failure destination has a message about each.
    ///
    /// # Panics
    /// If a thread panicked while it held the lock.
    #[must_use]
    pub fn discarded(&self) -> BTreeSet<u64> {
        self.discarded.lock().expect("is not poisoned").clone()
    }

    /// The sequence numbers of the records that left the stream before they were done.
    ///
    /// # Panics
    /// If a thread panicked while it held the lock.
    #[must_use]
    pub fn expired(&self) -> BTreeSet<u64> {
        self.expired.lock().expect("is not poisoned").clone()
    }

    fn expire(&self, records: &[Record]) {
        self.expired.lock().expect("is not poisoned").extend(numbers(records));
    }
}

impl<E, F: AsyncFn(Invocation, KinesisEvent, SystemTime) -> Result<KinesisEventResponse, E>> Services
    for &Lambda<F>
{
    type Error = CheckpointLost;

    async fn shards(&self) -> Result<Vec<mapping::Shard>, CheckpointLost> {
        let shard = |(id, shard): (&String, &OpenShard)| mapping::Shard {
            id: id.clone(),
            parents: shard.parent.iter().cloned().collect(),
        };
        Ok(self.shards.iter().map(shard).collect())
    }

    async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, CheckpointLost> {
        let OpenShard { records, reads, .. } = &self.shards[shard];
        let after = match position {
            Position::TrimHorizon => 0,
            Position::AtTimestamp(_) => panic!("the mapping starts at the oldest record"),
            Position::AfterSequenceNumber(number) => {
                1 + records
                    .iter()
                    .position(|record| record.sequence_number == *number)
                    .expect("is a record's")
            }
        };
        let left = &records[after..];
        let trimmed =
            left.iter().take_while(|record| record.arrived.elapsed() > self.settings.retention).count();
        let (trimmed, left) = left.split_at(trimmed);
        self.expire(trimmed);
        let size = reads.lock().expect("is not poisoned").next().unwrap_or(1);
        let (read, later) = left.split_at(size.min(limit).min(left.len()));
        let has_more = !later.is_empty();
        Ok(Read { records: read.to_vec(), has_more, is_closed: !has_more, ..Read::default() })
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<FunctionResult, CheckpointLost> {
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let known = self.environments.lock().expect("is not poisoned").pop().unwrap_or_default();
        let invocation = Invocation::new(self.tables.clone(), self.queue.clone(), known.clone());
        let event = event("arn:aws:kinesis:eu-central-1:000000000000:stream/likes", shard, batch);

        let deadline = SystemTime::now() + self.settings.timeout;
        let response = tokio::select! {
            biased;
            () = invocation.crashed() => return Ok(FunctionResult::Error),
            response = timeout(self.settings.timeout, (self.function)(invocation.clone(), event, deadline)) => response,
        };
        let Ok(response) = response.expect("the function responds before its timeout") else {
            return Ok(FunctionResult::Error);
        };
        self.environments.lock().expect("is not poisoned").push(known);
        for failure in &response.batch_item_failures {
            let is_in_batch =
                |record: &Record| failure.item_identifier.as_ref() == Some(&record.sequence_number);
            assert!(batch.iter().any(is_in_batch), "{failure:?} is not in the batch");
        }
        match self.lost_checkpoints.next() {
            Fault::None => Ok(FunctionResult::Response(response)),
            _ => Err(CheckpointLost),
        }
    }

    async fn discard(&self, discarded: Discarded<'_>) {
        self.discarded.lock().expect("is not poisoned").extend(numbers(discarded.records));
    }

    fn expired(&self, _shard: &str, records: &[Record]) {
        self.expire(records);
    }

    fn checkpoint(&self, _shard: &str) -> Option<String> {
        None
    }

    fn set_checkpoint(&self, _shard: &str, _sequence_number: &str) -> Result<(), CheckpointLost> {
        Ok(())
    }
}

fn numbers(records: &[Record]) -> impl Iterator<Item = u64> {
    records.iter().map(|record| record.sequence_number.parse().expect("is a number"))
}
