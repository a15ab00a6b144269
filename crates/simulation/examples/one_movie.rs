//! How many likes of one movie the counts take, with one cell and with as many as it needs.
//!
//! Every shard counts batch after batch of the movie's likes on simulated tables whose transactions take 25 ms and hold
//! their items meanwhile. Time is simulated, so this measures what `DynamoDB`'s transactions allow, and no CPU.
//!
//! Run it with `cargo run --release -p simulation --example one_movie`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use counting::{
    Cell, Cells, CountCells, KnownCells, Like, Spread, Transact, TransactError, Transaction, count_movie,
};
use futures::future::join_all;
use jiff::Timestamp;
use like::{LikeEvent, LikeId, MovieId};
use simulation::{Faults, Injected, Invocation, Queue, Tables};
use tokio::time::{Instant, sleep};

/// How long a transaction holds its items, and how long its request and response take.
const LATENCY: Duration = Duration::from_millis(25);
const ON_THE_WAY: Duration = Duration::from_millis(2);
const TIME: Duration = Duration::from_secs(20);
const BATCH: usize = 1000;

/// Tables, and the transactions that they were asked for and cancelled.
struct Measured {
    invocation: Invocation,
    may_spread: bool,
    transactions: AtomicU64,
    cancelled: AtomicU64,
}

impl Transact for Measured {
    type Error = Injected;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        sleep(ON_THE_WAY).await;
        let result = self.invocation.transact(transaction).await;
        sleep(ON_THE_WAY).await;
        if result.is_err() {
            self.cancelled.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}

impl CountCells for Measured {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<Injected>> {
        self.invocation.cells(movie).await
    }

    async fn spread(&self, movie: &MovieId, from: Cells, to: Cells) -> Result<bool, TransactError<Injected>> {
        if self.may_spread { self.invocation.spread(movie, from, to).await } else { Ok(false) }
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<Injected>> {
        self.invocation.fold(movie, mine).await
    }
}

fn like(movie: &MovieId) -> Like {
    let event = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.clone(), None);
    Like { key: event.key(), event, positions: Vec::new() }
}

async fn shard(tables: &Measured, movie: &MovieId, shard: u64, end: Instant) -> Vec<Duration> {
    let known = KnownCells::default();
    let mut times = Vec::new();
    while Instant::now() < end {
        let likes = (0..BATCH).map(|_| like(movie)).collect();
        let started = Instant::now();
        count_movie(tables, Spread { known: &known, shard }, movie, likes, started + TIME).await;
        times.push(started.elapsed());
    }
    times
}

async fn run(shards: u64, may_spread: bool) {
    let movie: MovieId = "m".parse().unwrap();
    let of_dynamodb = Tables::new(Faults::none()).with_latency(LATENCY);
    let queue = Queue::new(Faults::none());
    let tables = Measured {
        invocation: Invocation::new(of_dynamodb.clone(), queue, Arc::default()),
        may_spread,
        transactions: AtomicU64::new(0),
        cancelled: AtomicU64::new(0),
    };
    let started = Instant::now();
    let times = join_all((0..shards).map(|number| shard(&tables, &movie, number, started + TIME))).await;
    let mut times = times.concat();
    times.sort_unstable();
    let likes = of_dynamodb.counts().values().sum::<u64>();
    let (transactions, cancelled) = (tables.transactions.into_inner(), tables.cancelled.into_inner());
    #[allow(clippy::cast_precision_loss, reason = "ratios")]
    let (per_like, share) =
        (of_dynamodb.write_units() as f64 / likes as f64, 100.0 * cancelled as f64 / transactions as f64);
    println!(
        "| {shards:>6} | {:>5} | {:>13} | {share:>9.1} % | {per_like:>20.2} | {:>15} | {:>14} |",
        of_dynamodb.number_of_cells(&movie).number(),
        likes / started.elapsed().as_secs(),
        times[times.len() / 2].as_millis(),
        times[times.len() * 99 / 100].as_millis(),
    );
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!(
        "| shards | cells | likes/s       | cancelled   | write units per like | p50 of a batch  | p99, ms        |"
    );
    println!(
        "|-------:|------:|--------------:|------------:|---------------------:|----------------:|---------------:|"
    );
    for may_spread in [false, true] {
        for shards in [1, 4, 16, 64] {
            run(shards, may_spread).await;
        }
    }
}
