//! Shards that count likes of one movie on simulated tables, whose transactions take 25 ms and hold their items meanwhile.
//! Time is simulated, so this measures what `DynamoDB`'s transactions allow, and no CPU.

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
        count_movie(tables, Spread { known: &known, shard }, movie, likes, end).await;
        times.push(started.elapsed());
    }
    times
}

/// What some shards achieved.
#[derive(Debug)]
pub(crate) struct Measurement {
    pub cells: u8,
    pub likes: u64,
    pub transactions: u64,
    pub cancelled: u64,
    pub write_units: usize,
    /// How long each batch took, in order. The other movies of a batch wait for that.
    pub batches: Vec<Duration>,
}

/// Lets every shard count batch after batch for so long. `may_spread` allows more than one cell.
pub(crate) async fn measure(shards: u64, may_spread: bool, time: Duration) -> Measurement {
    let movie: MovieId = "m".parse().unwrap();
    let of_dynamodb = Tables::new(Faults::none()).with_latency(LATENCY);
    let queue = Queue::new(Faults::none());
    let tables = Measured {
        invocation: Invocation::new(of_dynamodb.clone(), queue, Arc::default()),
        may_spread,
        transactions: AtomicU64::new(0),
        cancelled: AtomicU64::new(0),
    };
    let end = Instant::now() + time;
    let batches = join_all((0..shards).map(|number| shard(&tables, &movie, number, end))).await;
    let mut batches = batches.concat();
    batches.sort_unstable();
    Measurement {
        cells: of_dynamodb.number_of_cells(&movie).number(),
        likes: of_dynamodb.counts().values().sum(),
        transactions: tables.transactions.into_inner(),
        cancelled: tables.cancelled.into_inner(),
        write_units: of_dynamodb.write_units(),
        batches,
    }
}
