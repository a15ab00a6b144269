//! Batches as Lambda makes them, counted as `UpdateCount` counts them, on simulated tables whose transactions hold their
//! items for 25 ms.

use std::{sync::Arc, time::Duration};

use counting::{CONCURRENCY, KnownCells, MAX_KEYS, Spread, by_movie, count_movie, distinct};
use futures::{StreamExt, future::join_all, stream};
use like::LikeEvent;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use simulation::{Faults, Invocation, Queue, Tables};
use tokio::time::{Instant, sleep_until};

use crate::arrivals::Arrival;

const LATENCY: Duration = Duration::from_millis(25);
/// How many likes `UpdateCount` counts at a time: `WINDOW` in `handlers/update-count`.
const CHUNK: usize = CONCURRENCY * MAX_KEYS;
/// `UpdateCount`'s time to count, which no batch needs here.
const TIME_TO_COUNT: Duration = Duration::from_secs(53);

/// `batchWindowSeconds` and `batchSize`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batching {
    pub window: Duration,
    pub size: usize,
}

/// The write units that it takes to count all likes. Each shard has its own batches, one at a time; when they begin is
/// random.
pub(crate) async fn write_units(shards: Vec<Vec<Arrival>>, batching: Batching, seed: u64) -> usize {
    let mut random = StdRng::seed_from_u64(seed);
    let tables = Tables::new(Faults::none()).with_latency(LATENCY);
    let likes: usize = shards.iter().map(Vec::len).sum();
    let start = Instant::now();
    let shards = (0..).zip(shards).map(|(shard, likes)| {
        let begin = start + batching.window.mul_f64(random.random());
        count_shard(&tables, shard, likes, batching, start, begin)
    });
    join_all(shards).await;
    assert_eq!(tables.counts().values().sum::<u64>(), u64::try_from(likes).unwrap());
    tables.write_units()
}

/// Counts a shard's likes, which arrive from `start`, from `begin` on. The first one that waits opens a batch, which closes
/// after the window or once it is full.
async fn count_shard(
    tables: &Tables,
    shard: u64,
    likes: Vec<Arrival>,
    batching: Batching,
    start: Instant,
    begin: Instant,
) {
    let known = KnownCells::default();
    let tables = Invocation::new(tables.clone(), Queue::new(Faults::none()), Arc::default());
    let mut likes = likes.into_iter().peekable();
    sleep_until(begin).await;
    while let Some(first) = likes.peek() {
        let opened = Instant::now().max(start + first.at);
        let closes = opened + batching.window;
        let mut batch = Vec::new();
        let mut last = opened;
        while batch.len() < batching.size
            && let Some(like) = likes.next_if(|like| start + like.at <= closes)
        {
            last = last.max(start + like.at);
            batch.push(like.event);
        }
        sleep_until(if batch.len() < batching.size { closes } else { last }).await;
        count(&tables, Spread { known: &known, shard }, batch).await;
    }
}

async fn count(tables: &Invocation, spread: Spread<'_>, batch: Vec<LikeEvent>) {
    let mut likes = distinct(batch.into_iter().enumerate()).into_iter();
    loop {
        let chunk: Vec<_> = likes.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return;
        }
        let deadline = Instant::now() + TIME_TO_COUNT;
        stream::iter(by_movie(chunk))
            .map(async |(movie, likes)| count_movie(tables, spread, &movie, likes, deadline).await)
            .buffer_unordered(CONCURRENCY)
            .collect::<Vec<_>>()
            .await;
    }
}
