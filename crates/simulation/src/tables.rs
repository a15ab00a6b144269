//! The ledger and the counts, with `DynamoDB`'s rules for transactions.
//!
//! - A transaction is carried out as a whole or not at all. It is cancelled, with a reason for each action, if a
//!   condition fails or another transaction is writing one of its items:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
//! - A retry with the same token as a transaction that was carried out succeeds and writes nothing
//!   (`ClientRequestToken`, same page).
//! - Each item costs two writes, to prepare and to commit, also in a cancelled transaction:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>.
//! - An eventually consistent read may miss recent writes, but never returns an item that was not written:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    iter,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use counting::{Cells, Ledger, MAX_KEYS, MAX_TRANSACT_ITEMS, Reason, Transact, TransactError, Transaction};
use like::{LikeKey, MovieId};
use thiserror::Error;
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{Fault, Faults, Invocation};

/// A caller's timeout.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(2);

/// The ledger and the table of counts. Clones share their items.
#[derive(Debug, Clone)]
pub struct Tables {
    state: Arc<Mutex<State>>,
    faults: Faults,
    latency: Duration,
}

/// How long an eventually consistent read misses a write here. On AWS it is usually less than a second.
const STALE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Entry {
    written: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct CountCell {
    pub likes: u64,
    /// How many cells the count has; only the first one says so, if there are several.
    pub cells: Option<Cells>,
    pub updated: Option<Instant>,
}

#[derive(Debug, Default)]
pub(crate) struct State {
    /// Ledger entries by their keys.
    ledger: BTreeMap<String, Entry>,
    /// The numbers of ledger entries by movie.
    entries: BTreeMap<String, u64>,
    /// The cells of the counts by their keys.
    pub counts: BTreeMap<String, CountCell>,
    /// The items of transactions in flight.
    locked: BTreeSet<Item>,
    /// The items of transactions that were carried out, by token.
    carried_out: HashMap<Uuid, Vec<Item>>,
    calls: usize,
    pub write_units: usize,
}

/// The cost of an item of up to 1 KB in a transaction.
pub(crate) const WRITE_UNITS: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Item {
    Entry(String),
    Count(String),
}

impl Item {
    pub(crate) fn count(key: &str) -> Self {
        Self::Count(key.to_owned())
    }
}

/// A failure caused by a fault.
#[derive(Debug, Error)]
#[error("injected")]
pub struct Injected;

pub(crate) fn transient() -> TransactError<Injected> {
    TransactError::Transient(Injected)
}

impl Tables {
    /// Empty tables, with these faults.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { state: Arc::default(), faults, latency: Duration::ZERO }
    }

    /// The same tables, whose transactions take this long. Meanwhile they hold their items.
    #[must_use]
    pub fn with_latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// The counts, by movie.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (key, cell) in &self.lock().counts {
            *counts.entry(tables::movie_of_key(key).to_owned()).or_default() += cell.likes;
        }
        counts
    }

    /// The number of cells of a movie's count.
    #[must_use]
    pub fn number_of_cells(&self, movie: &MovieId) -> Cells {
        self.lock().cells(movie.as_str())
    }

    /// The keys of all ledger entries.
    #[must_use]
    pub fn ledger(&self) -> BTreeSet<String> {
        self.lock().ledger.keys().cloned().collect()
    }

    /// The number of calls so far, failed ones included.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    /// The write units consumed so far, by transactions that were carried out or cancelled.
    #[must_use]
    pub fn write_units(&self) -> usize {
        self.lock().write_units
    }

    /// Carries out a transaction without faults or other transactions in flight.
    ///
    /// # Errors
    /// [`TransactError::Cancelled`] if an entry exists.
    ///
    /// # Panics
    /// If `DynamoDB` would reject the transaction as invalid, or if ledger and count differ.
    pub fn apply(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let mut state = self.lock();
        let items = items(transaction);
        let token = transaction.token.id();
        if let Some(before) = state.carried_out.get(&token) {
            assert_eq!(*before, items, "IdempotentParameterMismatch: another transaction has this token");
            return Ok(());
        }
        state.write_units += WRITE_UNITS * items.len();
        let entries = &items[..items.len() - 1];
        let movie = transaction.movie.to_string();
        let key = transaction.cell.key(&movie);
        let exists = |item: &Item| matches!(item, Item::Entry(key) if state.ledger.contains_key(key));
        let has_cell = match (transaction.cell.index(), transaction.cell.of()) {
            (0, Cells::ONE) => state.cells(&movie) == Cells::ONE,
            (0, _) => true,
            _ => state.counts.contains_key(&key),
        };
        if entries.iter().any(exists) || !has_cell {
            let reason = |item| if exists(item) { Reason::Exists } else { Reason::None };
            return Err(TransactError::Cancelled {
                likes: entries.iter().map(reason).collect(),
                count: if has_cell { Reason::None } else { Reason::OtherCells },
            });
        }
        for item in entries {
            if let Item::Entry(key) = item {
                state.ledger.insert(key.clone(), Entry { written: Instant::now() });
            }
        }
        let added = u64::try_from(entries.len()).expect("is at most 99");
        *state.entries.entry(movie.clone()).or_default() += added;
        let cell = state.counts.entry(key).or_default();
        cell.likes += added;
        cell.updated = Some(Instant::now());
        state.check(&movie);
        state.carried_out.insert(token, items);
        Ok(())
    }

    /// Carries out a transaction, or cancels it if another one in flight has one of its items. Other transactions may
    /// start meanwhile.
    async fn apply_concurrently(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let items = items(transaction);
        let _locks = self.lock_items(&items)?;
        self.work().await;
        self.apply(transaction)
    }

    /// The time that a transaction takes. Others may start meanwhile.
    pub(crate) async fn work(&self) {
        if self.latency.is_zero() { yield_now().await } else { sleep(self.latency).await }
    }

    pub(crate) fn lock_items(&self, items: &[Item]) -> Result<Locks<'_>, TransactError<Injected>> {
        let mut state = self.lock();
        let reasons = |item: &Item| if state.locked.contains(item) { Reason::Conflict } else { Reason::None };
        let mut reasons: Vec<_> = items.iter().map(reasons).collect();
        if reasons.contains(&Reason::Conflict) {
            state.write_units += WRITE_UNITS * items.len();
            let count = reasons.pop().expect("ends with the count");
            return Err(TransactError::Cancelled { likes: reasons, count });
        }
        state.locked.extend(items.iter().cloned());
        Ok(Locks { tables: self, items: items.to_vec() })
    }

    /// Adds the cost of a cancelled transaction.
    fn pay(&self, transaction: Transaction<'_>) {
        self.lock().write_units += WRITE_UNITS * items(transaction).len();
    }

    pub(crate) fn begin_call(&self) -> Fault {
        self.lock().calls += 1;
        self.faults.next()
    }

    fn read(&self, keys: &[LikeKey]) -> HashSet<LikeKey> {
        assert!(keys.len() <= MAX_KEYS, "a read has at most {MAX_KEYS} keys");
        let distinct: HashSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), keys.len(), "a read has each key once");
        let state = self.lock();
        keys.iter().filter(|key| state.ledger.contains_key(key.as_str())).cloned().collect()
    }

    /// A read that misses the writes of the last second.
    fn read_stale(&self, keys: &[LikeKey]) -> HashSet<LikeKey> {
        let mut found = self.read(keys);
        let state = self.lock();
        found.retain(|key| {
            state.ledger.get(key.as_str()).is_some_and(|entry| entry.written.elapsed() >= STALE)
        });
        found
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("is not poisoned")
    }
}

impl State {
    pub(crate) fn cells(&self, movie: &str) -> Cells {
        self.counts.get(movie).and_then(|first| first.cells).unwrap_or_default()
    }

    /// Checks what must hold at any time: a count is the number of the ledger's entries, and has the cells that its first
    /// one says.
    pub(crate) fn check(&self, movie: &str) {
        let cells = self.cells(movie);
        let count: u64 = self.cells_of(movie).map(|(_, cell)| cell.likes).sum();
        assert_eq!(count, self.entries.get(movie).copied().unwrap_or_default(), "ledger and count differ");
        let keys: BTreeSet<_> =
            iter::once(cells.first()).chain(cells.others()).map(|cell| cell.key(movie)).collect();
        assert_eq!(self.cells_of(movie).map(|(key, _)| key.clone()).collect::<BTreeSet<_>>(), keys);
    }

    /// The cells of a count by their keys.
    pub(crate) fn cells_of(&self, movie: &str) -> impl Iterator<Item = (&String, &CountCell)> {
        let others = format!("{movie}#")..format!("{movie}$");
        self.counts.get_key_value(movie).into_iter().chain(self.counts.range(others))
    }
}

/// The items of a transaction in flight. They are unlocked on drop: when it ends or its caller is cancelled.
pub(crate) struct Locks<'a> {
    tables: &'a Tables,
    items: Vec<Item>,
}

impl Drop for Locks<'_> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.tables.state.lock() {
            state.locked.retain(|item| !self.items.contains(item));
        }
    }
}

/// The items that a transaction writes: the ledger entries, then the count.
fn items(transaction: Transaction<'_>) -> Vec<Item> {
    let entries = transaction.likes.iter().map(|like| Item::Entry(like.key.to_string()));
    let count = Item::Count(transaction.cell.key(transaction.movie.as_str()));
    let items: Vec<_> = entries.chain([count]).collect();
    assert!(items.len() > 1, "a transaction counts at least one like");
    assert!(items.len() <= MAX_TRANSACT_ITEMS, "a transaction has at most {MAX_TRANSACT_ITEMS} items");
    assert_eq!(
        items.iter().collect::<BTreeSet<_>>().len(),
        items.len(),
        "a transaction has one action for each item"
    );
    items
}

impl Transact for Invocation {
    type Error = Injected;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let tables = &self.tables;
        match tables.begin_call() {
            Fault::None => tables.apply_concurrently(transaction).await,
            Fault::Spread => {
                let cells = tables.number_of_cells(transaction.movie);
                if let Some(more) = cells.doubled() {
                    tables.spread(transaction.movie, cells, more).await;
                }
                tables.apply_concurrently(transaction).await
            }
            Fault::Fold => {
                tables.fold(transaction.movie).await;
                tables.apply_concurrently(transaction).await
            }
            Fault::Slow(duration) => {
                let applied = tables.apply_concurrently(transaction).await;
                sleep(duration).await;
                applied
            }
            Fault::Throttled => Err(transient()),
            Fault::Conflict => {
                tables.pay(transaction);
                let likes = vec![Reason::None; transaction.likes.len()];
                Err(TransactError::Cancelled { likes, count: Reason::Conflict })
            }
            Fault::EntryConflict => {
                tables.pay(transaction);
                let others = transaction.likes.iter().skip(1).map(|_| Reason::None);
                let likes = iter::once(Reason::Conflict).chain(others).collect();
                Err(TransactError::Cancelled { likes, count: Reason::None })
            }
            Fault::RequestLost => {
                sleep(CALL_TIMEOUT).await;
                Err(transient())
            }
            Fault::ResponseLost => {
                let _ = tables.apply_concurrently(transaction).await;
                sleep(CALL_TIMEOUT).await;
                Err(transient())
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                let _ = tables.apply_concurrently(transaction).await;
                self.crash().await
            }
        }
    }
}

impl Ledger for Invocation {
    type Error = Injected;

    async fn duplicates(&self, keys: &[LikeKey]) -> Result<HashSet<LikeKey>, Injected> {
        let tables = &self.tables;
        match tables.begin_call() {
            Fault::None | Fault::Spread | Fault::Fold => Ok(tables.read(keys)),
            Fault::Slow(duration) => {
                let found = tables.read(keys);
                sleep(duration).await;
                Ok(found)
            }
            Fault::Conflict | Fault::EntryConflict => Ok(tables.read_stale(keys)),
            Fault::Throttled => Err(Injected),
            Fault::RequestLost | Fault::ResponseLost => {
                sleep(CALL_TIMEOUT).await;
                Err(Injected)
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore | Fault::CrashAfter => self.crash().await,
        }
    }
}
