//! Lambda: it delivers the records of a stream to a function, by the rules of `mapping`.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{kinesis::KinesisEvent, streams::KinesisEventResponse};
use mapping::{Answer, GivenUp, Host, Mapping, Position, Read, event};
use thiserror::Error;
use tokio::time::timeout;

use crate::{Fault, Faults, Invocation, Queue, Record, Shard, Tables};

/// How a mapping and its function are set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The sizes of the batches, in turn, over and over.
    pub batch_sizes: Vec<usize>,
    /// How many batches of a shard are under way at once.
    pub parallelization_factor: usize,
    /// Whether a batch whose invocation failed is delivered again in halves.
    pub bisect: bool,
    /// How long the stream keeps a record.
    pub retention: Duration,
    /// How long an invocation may take.
    pub timeout: Duration,
}

/// A stream's shards, a function, and the mapping between them.
///
/// The function gets an invocation, the batch and the deadline.
#[derive(Debug)]
pub struct Lambda<F> {
    function: F,
    settings: Settings,
    shards: BTreeMap<String, Open>,
    tables: Tables,
    queue: Queue,
    /// Any fault here is a batch that was done and whose note was lost.
    lost_notes: Faults,
    invocations: AtomicUsize,
    expired: Mutex<BTreeSet<u64>>,
}

/// A shard by itself.
#[derive(Debug)]
struct Open {
    records: Vec<Record>,
    parent: Option<String>,
    /// How many records each read gives, in turn.
    reads: Mutex<iter::Cycle<std::vec::IntoIter<usize>>>,
}

/// The note that a batch was done is lost.
#[derive(Debug, Error)]
#[error("injected")]
pub struct NoteLost;

impl<F: AsyncFn(Invocation, KinesisEvent, SystemTime) -> KinesisEventResponse> Lambda<F> {
    /// Delivers these shards to `function`, which counts in `tables` and quarantines in `queue`.
    #[must_use]
    pub fn new(
        function: F,
        settings: Settings,
        shards: Vec<Shard>,
        tables: Tables,
        queue: Queue,
        lost_notes: Faults,
    ) -> Self {
        let mut lambda = Self {
            function,
            settings,
            shards: BTreeMap::new(),
            tables,
            queue,
            lost_notes,
            invocations: AtomicUsize::new(0),
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
        self.shards.insert(id.clone(), Open { records, parent: parent.cloned(), reads });
        for child in shard.children {
            self.open(child, Some(&id));
        }
    }

    /// Delivers all records until each is done or expired.
    pub async fn run(&self) {
        let Settings { parallelization_factor, bisect, retention, .. } = self.settings;
        let settings = mapping::Settings {
            batch_size: self.settings.batch_sizes.iter().copied().max().unwrap_or(1),
            window: Duration::ZERO,
            parallelization_factor,
            report_batch_item_failures: true,
            bisect,
            max_retries: None,
            max_age: None,
            retention,
        };
        Mapping::new(settings, self).run().await;
    }

    /// How often the function was invoked.
    #[must_use]
    pub fn invocations(&self) -> usize {
        self.invocations.load(Ordering::Relaxed)
    }

    /// The sequence numbers of the records that left the stream before they were done.
    ///
    /// # Panics
    /// If a thread panicked while it held them.
    #[must_use]
    pub fn expired(&self) -> BTreeSet<u64> {
        self.expired.lock().expect("nobody panicked").clone()
    }

    fn expire<'a>(&self, records: impl Iterator<Item = &'a Record>) {
        let numbers = records.map(|record| record.sequence_number.parse::<u64>().expect("is a number"));
        self.expired.lock().expect("nobody panicked").extend(numbers);
    }
}

impl<F: AsyncFn(Invocation, KinesisEvent, SystemTime) -> KinesisEventResponse> Host for &Lambda<F> {
    type Error = NoteLost;

    async fn shards(&self) -> Result<Vec<mapping::Shard>, NoteLost> {
        let shard = |(id, shard): (&String, &Open)| mapping::Shard {
            id: id.clone(),
            parents: shard.parent.iter().cloned().collect(),
        };
        Ok(self.shards.iter().map(shard).collect())
    }

    async fn read(&self, shard: &str, position: &Position, most: usize) -> Result<Read, NoteLost> {
        let Open { records, reads, .. } = &self.shards[shard];
        let after = match position {
            Position::TrimHorizon => 0,
            Position::After(number) => {
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
        self.expire(trimmed.iter());
        let size = reads.lock().expect("nobody panicked").next().unwrap_or(1);
        let (read, later) = left.split_at(size.min(most).min(left.len()));
        let has_more = !later.is_empty();
        Ok(Read { records: read.to_vec(), has_more, is_closed: !has_more })
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<Answer, NoteLost> {
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let invocation = Invocation::new(self.tables.clone(), self.queue.clone());
        let event = event("arn:aws:kinesis:eu-central-1:000000000000:stream/likes", shard, batch);

        let deadline = SystemTime::now() + self.settings.timeout;
        let answer = tokio::select! {
            biased;
            () = invocation.crashed() => return Ok(Answer::Failed),
            answer = timeout(self.settings.timeout, (self.function)(invocation.clone(), event, deadline)) => answer,
        };
        let answer = answer.expect("the handler answers before its time is over");
        for failure in &answer.batch_item_failures {
            let is_of_batch =
                |record: &Record| failure.item_identifier.as_ref() == Some(&record.sequence_number);
            assert!(batch.iter().any(is_of_batch), "{failure:?} is not of the batch");
        }
        match self.lost_notes.next() {
            Fault::None => Ok(Answer::Response(answer)),
            _ => Err(NoteLost),
        }
    }

    async fn give_up(&self, given_up: GivenUp<'_>) {
        panic!("nothing may be given up: {given_up:?}");
    }

    fn expired(&self, _shard: &str, records: &[Record]) {
        self.expire(records.iter());
    }

    fn checkpoint(&self, _shard: &str) -> Option<String> {
        None
    }

    fn set_checkpoint(&self, _shard: &str, _sequence_number: &str) -> Result<(), NoteLost> {
        Ok(())
    }
}
