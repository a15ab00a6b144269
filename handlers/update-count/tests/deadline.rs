//! The answer comes in time, whatever hangs and however large the batch is. Time is tokio's, and paused.

#![cfg(test)]

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use counting::{CONCURRENCY, Ledger, MAX_KEYS, Transact, TransactError, Transaction};
use jiff::Timestamp;
use like::{LikeEvent, LikeId, LikeKey};
use quarantine::{Quarantine, QuarantinedRecord};
use tokio::time::{Instant, sleep};
use update_count::UpdateCount;

/// What an invocation may take.
const TIMEOUT: Duration = Duration::from_mins(1);
/// The largest batch that a stack can be set to.
const LARGEST_BATCH: usize = 10_000;

/// A service that takes its time.
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

impl Ledger for &Service {
    type Error = Infallible;

    async fn duplicates(&self, _: &[LikeKey]) -> Result<HashSet<LikeKey>, Infallible> {
        Ok(HashSet::new())
    }
}

/// A ledger that takes its time to answer, over tables that do not.
struct SlowLedger(Service);

impl Transact for &SlowLedger {
    type Error = Infallible;

    async fn transact(&self, _: Transaction<'_>) -> Result<(), TransactError<Infallible>> {
        Ok(())
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

fn record((number, data): (usize, Vec<u8>)) -> KinesisEventRecord {
    let mut record = KinesisEventRecord::default();
    record.kinesis.sequence_number = number.to_string();
    record.kinesis.data.0 = data;
    record
}

fn batch(data: impl IntoIterator<Item = Vec<u8>>) -> KinesisEvent {
    let mut event = KinesisEvent::default();
    event.records = data.into_iter().enumerate().map(record).collect();
    event
}

/// Likes of as many movies.
fn likes(number: usize) -> KinesisEvent {
    batch((0..number).map(|movie| {
        let id = LikeId::new(Timestamp::UNIX_EPOCH);
        LikeEvent::new(id, format!("m{movie}").parse().unwrap(), None).encode().unwrap()
    }))
}

/// Handles a batch; says how many of its records failed and when the answer was there.
async fn handle(
    tables: impl Transact + Ledger,
    quarantine: impl Quarantine,
    batch: KinesisEvent,
) -> (usize, Duration) {
    let started = Instant::now();
    let answer = UpdateCount::new(tables, quarantine).handle(batch, SystemTime::now() + TIMEOUT).await;
    (answer.batch_item_failures.len(), started.elapsed())
}

/// That something took this long, but for the moments that real time has gone on.
fn took(duration: Duration, seconds: f64) -> bool {
    let expected = Duration::from_secs_f64(seconds);
    duration <= expected && expected.saturating_sub(duration) < Duration::from_millis(500)
}

const FAST: Duration = Duration::ZERO;
const NEVER: Duration = Duration::from_hours(1);

#[tokio::test(start_paused = true)]
async fn counting_leaves_seven_seconds_for_quarantine_and_answer() {
    let (tables, queue) = (Service::with(NEVER), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(1)).await;
    assert_eq!(failed, 1);
    assert!(took(duration, 53.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn the_quarantine_leaves_a_second_for_the_answer() {
    let (tables, queue) = (Service::with(FAST), Service::with(NEVER));
    let (failed, duration) = handle(&tables, &queue, batch([b"junk".to_vec()])).await;
    assert_eq!(failed, 1);
    assert!(took(duration, 59.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_hangs_takes_a_quarter_of_the_time_and_the_rest_is_for_counting() {
    let (tables, queue) = (SlowLedger(Service::with(NEVER)), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert_eq!(failed, 0);
    assert!(took(duration, 53.0 / 4.0), "{duration:?}");
    assert_eq!(tables.0.started.load(Ordering::Relaxed), CONCURRENCY);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_answers_is_asked_for_every_like() {
    let (tables, queue) = (SlowLedger(Service::with(Duration::from_secs(1))), Service::with(FAST));
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert_eq!(failed, 0);
    assert_eq!(tables.0.started.load(Ordering::Relaxed), LARGEST_BATCH / MAX_KEYS);
    // 16 questions at once, seven times, a second each.
    assert!(took(duration, 7.0), "{duration:?}");
}

#[tokio::test(start_paused = true)]
async fn of_the_largest_batch_nothing_is_begun_after_the_deadline() {
    let (tables, queue) = (Service::with(Duration::from_secs(2)), Service::with(FAST));
    let began = Instant::now();
    let (failed, duration) = handle(&tables, &queue, likes(LARGEST_BATCH)).await;
    assert!(took(duration, 53.0), "{duration:?}");
    // Calls of two seconds, 16 at once: 26 rounds are done, and the 27th is cut off.
    let started = tables.started.load(Ordering::Relaxed);
    assert_eq!(started, 27 * CONCURRENCY);
    assert_eq!(LARGEST_BATCH - failed, 26 * CONCURRENCY);
    let last_start = *tables.last_start.lock().unwrap() - began;
    assert!(last_start <= Duration::from_secs(53), "{last_start:?}");
}

#[tokio::test(start_paused = true)]
async fn of_a_batch_full_of_junk_nothing_is_sent_after_the_deadline() {
    let (tables, queue) = (Service::with(FAST), Service::with(Duration::from_secs(2)));
    let (failed, duration) = handle(&tables, &queue, batch(vec![b"junk".to_vec(); LARGEST_BATCH])).await;
    assert!(took(duration, 59.0), "{duration:?}");
    assert_eq!(queue.started.load(Ordering::Relaxed), 30 * CONCURRENCY);
    assert_eq!(LARGEST_BATCH - failed, 29 * CONCURRENCY);
}
