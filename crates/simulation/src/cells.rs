//! The cells of the counts: they are made and folded in the transaction that changes their number.

use std::{collections::BTreeMap, iter};

use counting::{Cell, Cells, CountCells, QUIET, TransactError};
use like::MovieId;
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use crate::{
    Fault, Injected, Invocation, Tables,
    tables::{CALL_TIMEOUT, CountCell, Item, State, WRITE_UNITS, transient},
};

impl Tables {
    /// Makes `to` cells of `from`, or does nothing if another transaction in flight has one of them.
    pub(crate) async fn spread(&self, movie: &MovieId, from: Cells, to: Cells) -> bool {
        let keys: Vec<_> =
            iter::once(to.first()).chain(to.others()).map(|cell| cell.key(movie.as_str())).collect();
        let new = &keys[usize::from(from.number())..];
        let items: Vec<_> = iter::once(&keys[0]).chain(new).map(|key| Item::count(key)).collect();
        let Ok(_locks) = self.lock_items(&items) else { return false };
        self.work().await;
        let mut state = self.lock();
        state.write_units += WRITE_UNITS * items.len();
        let is_as_assumed = state.cells(movie.as_str()) == from;
        if is_as_assumed {
            let first = state.counts.entry(keys[0].clone()).or_default();
            let updated = Some(Instant::now());
            (first.cells, first.updated) = (Some(to), updated);
            for key in new {
                let cell = CountCell { updated, ..CountCell::default() };
                assert!(state.counts.insert(key.clone(), cell).is_none(), "{key} exists");
            }
            state.check(movie.as_str());
        }
        is_as_assumed
    }

    /// Folds the cells of a count if it is quiet.
    async fn fold_if_quiet(&self, movie: &MovieId, mine: Cell) -> Cells {
        let (cells, is_quiet) = {
            let state = self.lock();
            (state.cells(movie.as_str()), state.is_quiet(movie.as_str(), &mine.key(movie.as_str())))
        };
        if is_quiet { self.fold(movie).await } else { cells }
    }

    /// Folds the cells of a count, or does nothing if another transaction in flight has one of them, or writes one of them
    /// before.
    pub(crate) async fn fold(&self, movie: &MovieId) -> Cells {
        let movie = movie.as_str();
        let (cells, others) = {
            let state = self.lock();
            (state.cells(movie), state.others(movie))
        };
        if others.is_empty() {
            return cells;
        }
        yield_now().await;
        let items: Vec<_> =
            iter::once(movie).chain(others.keys().map(String::as_str)).map(Item::count).collect();
        let Ok(_locks) = self.lock_items(&items) else { return cells };
        self.work().await;
        let mut state = self.lock();
        state.write_units += WRITE_UNITS * items.len();
        if state.others(movie) != others {
            return state.cells(movie);
        }
        state.counts.retain(|key, _| !others.contains_key(key));
        let first = state.counts.get_mut(movie).expect("has several cells");
        first.likes += others.values().sum::<u64>();
        first.cells = None;
        state.check(movie);
        Cells::ONE
    }
}

impl State {
    /// The likes in the cells of a count, by their keys, without the first.
    fn others(&self, movie: &str) -> BTreeMap<String, u64> {
        self.cells_of(movie).skip(1).map(|(key, cell)| (key.clone(), cell.likes)).collect()
    }

    /// Whether no other cell than the one with the key `mine` has been added to in the last [`QUIET`].
    fn is_quiet(&self, movie: &str, mine: &str) -> bool {
        let mut others = self.cells_of(movie).filter(|(key, _)| *key != mine);
        others.all(|(_, cell)| cell.updated.is_none_or(|updated| updated.elapsed() >= QUIET))
    }
}

impl CountCells for Invocation {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<Injected>> {
        self.call(async |tables| tables.number_of_cells(movie)).await
    }

    async fn spread(&self, movie: &MovieId, from: Cells, to: Cells) -> Result<bool, TransactError<Injected>> {
        self.call(async |tables| tables.spread(movie, from, to).await).await
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<Injected>> {
        self.call(async |tables| tables.fold_if_quiet(movie, mine).await).await
    }
}

impl Invocation {
    /// A call on the cells of a count, with the next fault.
    async fn call<T>(&self, call: impl AsyncFnOnce(&Tables) -> T) -> Result<T, TransactError<Injected>> {
        let tables = &self.tables;
        match tables.begin_call() {
            Fault::None | Fault::Conflict | Fault::EntryConflict | Fault::Spread | Fault::Fold => {
                Ok(call(tables).await)
            }
            Fault::Slow(duration) => {
                let result = call(tables).await;
                sleep(duration).await;
                Ok(result)
            }
            Fault::Throttled => Err(transient()),
            Fault::RequestLost => {
                sleep(CALL_TIMEOUT).await;
                Err(transient())
            }
            Fault::ResponseLost => {
                call(tables).await;
                sleep(CALL_TIMEOUT).await;
                Err(transient())
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                call(tables).await;
                self.crash().await
            }
        }
    }
}
