//! The handler responds in time, whatever hangs and however large the batch is. Time is tokio's, paused.

#![cfg(test)]

mod batch;

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::KinesisEvent;
use batch::{batch, like};
use counting::{
    CONCURRENCY, Cell, Cells, CountCells, Ledger, MAX_KEYS, Transact, TransactError, Transaction,
};
use like::{LikeKey, MovieId};
use quarantine::{Quarantine, QuarantinedRecord};
use tokio::time::{Instant, sleep};
use update_count::{BatchMetrics, NoProgress, UpdateCount};

/// The function's timeout.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The largest batch size that a stack can be configured with.
const LARGEST_BATCH: usize = 10_000;

/// A service that responds after some time, and records the calls.
struct Service {
    latency: Duration,
    started: AtomicUsize,
    last_start: std::sync::Mutex<Instant>,
}

impl Service {
    fn with(latency: Duration) -> Self {
        Self { latency, started: AtomicUsize::new(0), last_start: std::sync::Mutex::new(Instant::now()) }
    }

    async fn call(&self) {
        self.started.fetch_add(1, Ordering::Relaxed);
        *self.last_start.lock().unwrap() = Instant::now();
        sleep(self.latency).await;
    }
}

impl Transact for &Service {
    type Error = Infallible;

    async fn transact(&self, _: Transaction<'_>) -> Result<(), TransactError<Infallible>> {
        self.call().await;
        Ok(())
    }
}

impl CountCells for &Service {
    async fn cells(&self, _: &MovieId) -> Result<Cells, TransactError<Infallible>> {
        Ok(Cells::ONE)
    }

    async fn spread(&self, _: &MovieId, _: Cells, _: Cells) -> Result<bool, TransactError<Infallible>> {
        Ok(false)
    }

    async fn fold(&self, _: &MovieId, _: Cell) -> Result<Cells, TransactError<Infallible>> {
        Ok(Cells::ONE)
    }
}

impl Ledger for &Service {
    type Error = Infallible;

    async fn duplicates(&self, _: &[LikeKey]) -> Result<HashSet<LikeKey>, Infallible> {
        Ok(HashSet::new())
    }
}

/// A ledger whose lookups take some time. Its transactions do not.
struct SlowLedger(Service);

impl Transact for &SlowLedger {
    type Error = Infallible;

    async fn transact(&self, _: Transaction<'_>) -> Result<(), TransactError<Infallible>> {
        Ok(())
    }
}

impl CountCells for &SlowLedger {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<Infallible>> {
        (&self.0).cells(movie).await
    }

    async fn spread(
        &self,
        movie: &MovieId,
        from: Cells,
        to: Cells,
    ) -> Result<bool, TransactError<Infallible>> {
        (&self.0).spread(movie, from, to).await
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<Infallible>> {
        (&self.0).fold(movie, mine).await
    }
}

impl Ledger for &SlowLedger {
    type Error = Infallible;

    async fn duplicates(&self, _: &[LikeKey]) -> Result<HashSet<LikeKey>, Infallible> {
        self.0.call().await;
        Ok(HashSet::new())
    }
}

impl Quarantine for &Service {
    type Error = Infallible;

    async fn put(&self, _: &QuarantinedRecord) -> Result<(), Infallible> {
        self.call().await;
        Ok(())
    }
}

/// A batch of likes, each of another movie.
fn likes(number: usize) -> KinesisEvent {
    batch((0..number).map(|movie| like(&format!("m{movie}"))))
}

/// Handles a batch. Returns the number of failed records and the time it took.
async fn handle(
    tables: impl CountCells + Ledger + Sync,
    quarantine: impl Quarantine,
    batch: KinesisEvent,
) -> (usize, Duration) {
    let started = Instant::now();
    let handler = UpdateCount::new(tables, quarantine, Arc::default());
    let result = handler.handle(batch, SystemTime::now() + TIMEOUT, &mut BatchMetrics::default()).await;
    let failed = match result {
        Ok(response) => response.batch_item_failures.len(),
        Err(NoProgress(records)) => records,
    };
    (failed, started.elapsed())
}

/// Whether something took this long, give or take the real time that passed.
fn took(duration: Duration, seconds: f64) -> bool {
    let expected = Duration::from_secs_f64(seconds);
    duration <= expected && expected.saturating_sub(duration) < Duration::from_millis(500)
}

const FAST: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn counting_leaves_seven_seconds_for_the_quarantine_and_the_response() {
    let (tables, queue) = (Service::with(NEVER), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(1)).await;
    assert_eq!(failed, 1);
    assert!(took(duration, 53.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn the_quarantine_leaves_a_second_for_the_response() {
    let (tables, queue) = (Service::with(FAST), Service::with(NEVER));
    let (failed, duration) = handle(&tables, &queue, batch([b"junk".to_vec()])).await;
    assert_eq!(failed, 1);
    assert!(took(duration, 59.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn lookups_that_hang_take_a_quarter_of_the_time_and_counting_gets_the_rest() {
    let (tables, queue) = (SlowLedger(Service::with(NEVER)), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert_eq!(failed, 0);
    assert!(took(duration, 53.0 / 4.0), "{duration:?}");
    assert_eq!(tables.0.started.load(Ordering::Relaxed), CONCURRENCY);
}

#[tokio::test(start_paused = true)]
async fn every_like_is_looked_up_while_the_ledger_responds() {
    let (tables, queue) = (SlowLedger(Service::with(Duration::from_secs(1))), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert_eq!(failed, 0);
    assert_eq!(tables.0.started.load(Ordering::Relaxed), LARGEST_BATCH / MAX_KEYS);
    // 16 lookups at once, seven times, a second each.
    assert!(took(duration, 7.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn no_transaction_of_the_largest_batch_starts_after_the_deadline() {
    let (tables, queue) = (Service::with(Duration::from_secs(2)), Service::with(FAST));
    let start = Instant::now();
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert!(took(duration, 53.0), "{duration:?}");
    // Calls of two seconds, 16 at once: 26 rounds complete, and the deadline ends the 27th.
    let started = tables.started.load(Ordering::Relaxed);
    assert_eq!(started, 27 * CONCURRENCY);
    assert_eq!(LARGEST_BATCH - failed, 26 * CONCURRENCY);
    let last_start = *tables.last_start.lock().unwrap() - start;
    assert!(last_start <= Duration::from_secs(53), "{last_start:?}");
}

#[tokio::test(start_paused = true)]
async fn no_message_for_the_largest_malformed_batch_is_sent_after_the_deadline() {
    let (tables, queue) = (Service::with(FAST), Service::with(Duration::from_secs(2)));
    let (failed, duration) = handle(&tables, &queue, batch(vec![b"junk".to_vec(); LARGEST_BATCH])).await;
    assert!(took(duration, 59.0), "{duration:?}");
    assert_eq!(queue.started.load(Ordering::Relaxed), 30 * CONCURRENCY);
    assert_eq!(LARGEST_BATCH - failed, 29 * CONCURRENCY);
}
