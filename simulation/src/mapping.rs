//! Lambda's event source mapping for Kinesis.
//!
//! Each rule is followed by the page and the section of AWS's that states it:
//!
//! - A batch has records of one shard, in order, and the next follows when it is done. With a parallelization factor a
//!   shard has that many lanes, each in order by itself: [Polling and batching streams][polling].
//! - A record may be delivered more than once; here a batch that was done is, when Lambda loses the note of it:
//!   [the warning at the top][at least once].
//! - An answer without failures is a success. Of an answer with failures the lowest sequence number counts: all before it
//!   is done, and all from it on is delivered again: [Success and failure conditions][partial].
//! - When the function fails, the whole batch is delivered again; with bisection, as two halves:
//!   [Bisecting a batch][partial].
//! - With bisection, a batch with reported failures is split there and nowhere else: what remains is delivered again as
//!   one batch: [Bisecting a batch][partial].
//! - There is no limit to the tries but the record's age, and splitting is no try: [Configuring destinations][failure]. A
//!   record that has left the stream cannot be delivered any more.
//! - The children of a shard that was split are read when it has been read to its end:
//!   [After a reshard][reshard].
//!
//! [polling]: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#kinesis-polling-and-batching
//! [at least once]: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
//! [partial]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//! [failure]: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
//! [reshard]: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
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
    /// Whether a batch whose invocation failed is delivered again in halves.
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
    invocations: AtomicUsize,
    expired: Mutex<BTreeSet<u64>>,
}

/// What came of an invocation.
enum Delivered {
    /// So many of the batch's records are done, from the first on.
    Done(usize),
    /// The function failed.
    Failed,
    /// It does not matter: the note of it is lost.
    Forgotten,
}

impl Mapping {
    /// A mapping to a function that counts in `tables` and puts aside in `aside`.
    #[must_use]
    pub fn new(settings: Settings, tables: Tables, aside: Aside, lost_notes: Faults) -> Self {
        let invocations = AtomicUsize::new(0);
        Self { settings, tables, aside, lost_notes, invocations, expired: Mutex::default() }
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
        while !rest.is_empty() {
            let size = sizes.next().unwrap_or(1).clamp(1, rest.len());
            let (batch, later) = rest.split_at(size);
            self.deliver_batch(batch).await;
            rest = later;
        }
    }

    /// Delivers a batch, and what is left of it, until all of it is done or expired.
    async fn deliver_batch(&self, batch: &[Record]) {
        // What is to be delivered, the next one last.
        let mut waiting = vec![batch];
        while let Some(batch) = waiting.pop() {
            let batch = self.without_expired(batch);
            if batch.is_empty() {
                continue;
            }
            match self.invoke(batch).await {
                Delivered::Done(done) if done == batch.len() => continue,
                Delivered::Done(done) => waiting.push(batch.split_at(done).1),
                Delivered::Failed if self.settings.bisect && batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    waiting.extend([second, first]);
                }
                Delivered::Failed | Delivered::Forgotten => waiting.push(batch),
            }
            sleep(RETRY_PAUSE).await;
        }
    }

    /// A batch without the records at its start that have left the stream.
    fn without_expired<'a>(&self, batch: &'a [Record]) -> &'a [Record] {
        let is_expired = |record: &Record| record.arrived.elapsed() > self.settings.retention;
        let (expired, left) = batch.split_at(batch.iter().take_while(|record| is_expired(record)).count());
        let numbers = expired.iter().map(|record| record.sequence_number);
        self.expired.lock().expect("nobody panicked").extend(numbers);
        left
    }

    async fn invoke(&self, batch: &[Record]) -> Delivered {
        self.invocations.fetch_add(1, Ordering::Relaxed);
        let invocation = Invocation::new(self.tables.clone(), self.aside.clone());
        let handler = UpdateCount::new(invocation.clone(), invocation.clone());
        let mut event = KinesisEvent::default();
        event.records = batch.iter().map(Record::to_event).collect();

        let started = Instant::now();
        let deadline = SystemTime::now() + self.settings.timeout;
        let answer = tokio::select! {
            biased;
            () = invocation.crashed() => return Delivered::Failed,
            answer = timeout(self.settings.timeout, handler.handle(event, deadline)) => answer,
        };
        let answer =
            answer.unwrap_or_else(|_| panic!("the handler had no answer after {:?}", started.elapsed()));
        match self.lost_notes.next() {
            Fault::None => Delivered::Done(done(batch, &answer)),
            _ => Delivered::Forgotten,
        }
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
