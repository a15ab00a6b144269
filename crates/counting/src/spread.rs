//! How many cells a movie's count has, so that the shards' transactions do not cancel each other.
//!
//! Every transaction with likes of a movie adds to its count, and `DynamoDB` cancels one of two that write an item at the
//! same time: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling>.
//! A cancelled transaction costs as much as one that is carried out, and with many shards one movie's count would take no
//! more likes than with one. So, as in a `LongAdder`, a transaction that conflicts twice doubles the cells of its count,
//! each shard adds to a cell of its own, and once likes are rare the cells are folded into one: a count with several is
//! read at a multiple of the price. A movie without conflicts costs nothing more.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tables::{Cell, Cells};
use tokio::time::{Instant, sleep};

use crate::transaction::{Transact, TransactError};

/// How long no other shard must have added to a count before its cells are folded, and how long until that is checked
/// again.
pub const QUIET: Duration = Duration::from_mins(1);

/// How long a number of cells is assumed before it is read again, if there are several. A shard that adds to another's cell
/// may never notice by itself: of two that conflict, it may always be the one that goes on.
const FRESH: Duration = Duration::from_millis(250);

/// How long the shards have to notice that there are more cells, before there can be more again.
const SETTLE: Duration = Duration::from_millis(500);

/// The number of movies whose cells are remembered; few counts have several at the same time. What is forgotten is read
/// again.
const MAX_KNOWN: usize = 10_000;

/// The pauses before cells are doubled again: of 5 to 10 ms.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(5))
        .with_factor(1.0)
        .with_max_times(8)
        .with_jitter()
        .build()
}

/// Counts with cells.
pub trait CountCells: Transact {
    /// Reads the number of cells of a movie's count, consistently.
    ///
    /// # Errors
    /// [`TransactError`] if it could not be read.
    fn cells(
        &self,
        movie: &MovieId,
    ) -> impl Future<Output = Result<Cells, TransactError<Self::Error>>> + Send;

    /// Makes `to` cells of `from`. Returns whether it did: not if the count has another number by now, or another
    /// transaction is writing it.
    ///
    /// # Errors
    /// [`TransactError`] if they were not made, or are not known to be.
    fn spread(
        &self,
        movie: &MovieId,
        from: Cells,
        to: Cells,
    ) -> impl Future<Output = Result<bool, TransactError<Self::Error>>> + Send;

    /// Folds all cells into the first, unless another one than `mine` has been added to in the last [`QUIET`]. Returns the
    /// number of cells that the count then has.
    ///
    /// # Errors
    /// [`TransactError`] if they were not folded, or are not known to be.
    fn fold(
        &self,
        movie: &MovieId,
        mine: Cell,
    ) -> impl Future<Output = Result<Cells, TransactError<Self::Error>>> + Send;
}

/// The numbers of cells that were read last. A transaction that assumes a wrong one is cancelled, or adds to a cell that
/// exists all the same.
#[derive(Debug, Default)]
pub struct KnownCells {
    /// Only counts with several cells.
    movies: Mutex<HashMap<MovieId, Known>>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    cells: Cells,
    since: Instant,
    read: Instant,
    fold_after: Instant,
}

impl KnownCells {
    /// The number that is assumed, and whether it is fresh enough. A transaction that assumes one cell is cancelled if there
    /// are several, so that is always fresh.
    fn of(&self, movie: &MovieId) -> (Cells, bool) {
        self.lock().get(movie).map_or((Cells::ONE, true), |known| (known.cells, known.read.elapsed() < FRESH))
    }

    fn set(&self, movie: &MovieId, cells: Cells) {
        let mut movies = self.lock();
        if cells == Cells::ONE {
            movies.remove(movie);
        } else if let Some(known) = movies.get_mut(movie) {
            known.read = Instant::now();
            if known.cells != cells {
                (known.cells, known.since) = (cells, known.read);
            }
        } else {
            if movies.len() >= MAX_KNOWN {
                movies.clear();
            }
            let now = Instant::now();
            movies.insert(movie.clone(), Known { cells, since: now, read: now, fold_after: now });
        }
    }

    /// Whether all shards should know by now how many cells the count has.
    fn is_settled(&self, movie: &MovieId) -> bool {
        self.lock().get(movie).is_none_or(|known| known.since.elapsed() >= SETTLE)
    }

    /// The cells of a count of which it should be checked now whether they can be folded.
    fn to_fold(&self, movie: &MovieId) -> Option<Cells> {
        let mut movies = self.lock();
        let known = movies.get_mut(movie)?;
        let now = Instant::now();
        (known.fold_after <= now).then(|| {
            known.fold_after = now + QUIET;
            known.cells
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MovieId, Known>> {
        self.movies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The cells that a shard adds to.
#[derive(Debug, Clone, Copy)]
pub struct Spread<'a> {
    /// What is known of the counts' cells.
    pub known: &'a KnownCells,
    /// The shard's number.
    pub shard: u64,
}

impl Spread<'_> {
    /// The number of cells of a count, as it is known or read again. If it cannot be read, it is assumed.
    pub(crate) async fn cells<T: CountCells>(self, tables: &T, movie: &MovieId) -> Cells {
        let (assumed, is_fresh) = self.known.of(movie);
        if is_fresh {
            return assumed;
        }
        let cells = tables.cells(movie).await.unwrap_or(assumed);
        self.known.set(movie, cells);
        cells
    }

    /// Reads the number of cells of a count that has not `assumed` any more, or on which transactions conflict; doubles
    /// them in the latter case, unless somebody else did.
    ///
    /// The transaction that doubles them conflicts with the same ones, so it is tried again at once: it writes few items,
    /// and whoever waits for a cell of its own writes up to a hundred.
    pub(crate) async fn adapt<T: CountCells>(
        self,
        tables: &T,
        movie: &MovieId,
        assumed: Cells,
        is_conflict: bool,
    ) -> Result<Cells, TransactError<T::Error>> {
        let mut pauses = pauses();
        let may_double = is_conflict && self.known.is_settled(movie);
        let cells = loop {
            let current = tables.cells(movie).await?;
            let Some(more) = current.doubled().filter(|_| may_double && current == assumed) else {
                break current;
            };
            if tables.spread(movie, current, more).await? {
                break more;
            }
            match pauses.next() {
                Some(pause) => sleep(pause).await,
                None => break current,
            }
        };
        self.known.set(movie, cells);
        Ok(cells)
    }

    /// Folds the cells of a count that has become quiet.
    pub(crate) async fn fold<T: CountCells>(
        self,
        tables: &T,
        movie: &MovieId,
    ) -> Result<(), TransactError<T::Error>> {
        if let Some(cells) = self.known.to_fold(movie) {
            let left = tables.fold(movie, cells.of_shard(self.shard)).await?;
            self.known.set(movie, left);
        }
        Ok(())
    }
}
