//! The ledger and the counts, under `DynamoDB`'s rules for transactions.
//!
//! - A transaction is carried out wholly or not at all; it is cancelled when a condition does not hold, or when another
//!   one is under way at one of its items, with a reason for each action:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
//! - A try of a transaction that was carried out is answered like the first when it has the same token, and writes
//!   nothing (`ClientRequestToken`, same page).
//! - Each item costs two writes, to prepare and to commit, and a cancelled transaction is paid for too:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>.
//! - A read that is eventually consistent may miss what was just written, and invents nothing:
//!   <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use counting::{Ledger, MAX_KEYS, MAX_TRANSACT_ITEMS, Reason, Transact, TransactError, Transaction};
use like::LikeKey;
use thiserror::Error;
use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};
use uuid::Uuid;

use crate::{Fault, Faults, Invocation};

/// How long a caller waits for an answer that is lost.
const LOST_AFTER: Duration = Duration::from_secs(2);

/// The two tables.
#[derive(Debug, Clone)]
pub struct Tables {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

/// How long a read that is eventually consistent may miss a write: usually less than a second.
const STALE: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Entry {
    movie: String,
    made: Instant,
}

#[derive(Debug, Default)]
struct State {
    /// The entries of the likes that are remembered, by their keys.
    ledger: BTreeMap<String, Entry>,
    counts: BTreeMap<String, u64>,
    /// The items that transactions under way are about to write.
    busy: BTreeSet<Item>,
    /// The transactions that were carried out, by their tokens.
    carried_out: HashMap<Uuid, Vec<Item>>,
    calls: usize,
    write_units: usize,
}

/// What an item of less than 1 KB costs in a transaction.
const WRITE_UNITS: usize = 2;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Entry(String),
    Count(String),
}

/// A failure that a fault makes.
#[derive(Debug, Error)]
#[error("injected")]
pub struct Injected;

fn transient() -> TransactError<Injected> {
    TransactError::Transient(Injected)
}

impl Tables {
    /// Empty tables, with these faults.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { state: Arc::default(), faults }
    }

    /// The counts of all movies that have one.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.lock().counts.clone()
    }

    /// The keys of all likes that are remembered.
    #[must_use]
    pub fn ledger(&self) -> BTreeSet<String> {
        self.lock().ledger.keys().cloned().collect()
    }

    /// How often the tables were called, whatever came of it.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    /// The write units that were paid for, for transactions carried out and cancelled.
    #[must_use]
    pub fn write_units(&self) -> usize {
        self.lock().write_units
    }

    /// Carries a transaction out with no fault and nobody else about.
    ///
    /// # Errors
    /// The reasons for which it is cancelled.
    ///
    /// # Panics
    /// If it breaks a rule for which `DynamoDB` would refuse it as invalid.
    pub fn apply(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let mut state = self.lock();
        let items = items(transaction);
        let token = transaction.token.id();
        if let Some(before) = state.carried_out.get(&token) {
            assert_eq!(*before, items, "IdempotentParameterMismatch: a token is of one transaction");
            return Ok(());
        }
        state.write_units += WRITE_UNITS * items.len();
        let entries = &items[..items.len() - 1];
        let exists = |item: &Item| matches!(item, Item::Entry(key) if state.ledger.contains_key(key));
        if entries.iter().any(exists) {
            let reason = |item| if exists(item) { Reason::Exists } else { Reason::None };
            return Err(TransactError::Cancelled {
                likes: entries.iter().map(reason).collect(),
                count: Reason::None,
            });
        }
        let movie = transaction.movie.to_string();
        for item in entries {
            if let Item::Entry(key) = item {
                state.ledger.insert(key.clone(), Entry { movie: movie.clone(), made: Instant::now() });
            }
        }
        let added = u64::try_from(entries.len()).expect("is at most 99");
        *state.counts.entry(movie.clone()).or_default() += added;
        let remembered = state.ledger.values().filter(|entry| entry.movie == movie).count();
        assert_eq!(
            state.counts.get(&movie).copied(),
            u64::try_from(remembered).ok(),
            "ledger and count differ"
        );
        state.carried_out.insert(token, items);
        Ok(())
    }

    /// Cancels a transaction that meets another one under way at an item; else carries it out, and lets others meet
    /// it meanwhile.
    async fn apply_among_others(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let items = items(transaction);
        let _writing = self.begin(&items)?;
        yield_now().await;
        self.apply(transaction)
    }

    fn begin(&self, items: &[Item]) -> Result<Writing<'_>, TransactError<Injected>> {
        let mut state = self.lock();
        let reasons = |item: &Item| if state.busy.contains(item) { Reason::Contention } else { Reason::None };
        let mut reasons: Vec<_> = items.iter().map(reasons).collect();
        if reasons.contains(&Reason::Contention) {
            state.write_units += WRITE_UNITS * items.len();
            let count = reasons.pop().expect("ends with the count");
            return Err(TransactError::Cancelled { likes: reasons, count });
        }
        state.busy.extend(items.iter().cloned());
        Ok(Writing { tables: self, items: items.to_vec() })
    }

    /// Notes what a transaction costs that is cancelled.
    fn pay(&self, transaction: Transaction<'_>) {
        self.lock().write_units += WRITE_UNITS * items(transaction).len();
    }

    fn begin_call(&self) -> Fault {
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

    /// A read that misses what was written in the last second.
    fn read_stale(&self, keys: &[LikeKey]) -> HashSet<LikeKey> {
        let mut known = self.read(keys);
        let state = self.lock();
        known.retain(|key| state.ledger.get(key.as_str()).is_some_and(|entry| entry.made.elapsed() >= STALE));
        known
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panicked")
    }
}

/// A transaction under way; dropped when it is over, or its caller is gone.
struct Writing<'a> {
    tables: &'a Tables,
    items: Vec<Item>,
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if let Ok(mut state) = self.tables.state.lock() {
            state.busy.retain(|item| !self.items.contains(item));
        }
    }
}

/// The items that a transaction writes: the likes' entries, then the count.
fn items(transaction: Transaction<'_>) -> Vec<Item> {
    let entries = transaction.likes.iter().map(|like| Item::Entry(like.key.to_string()));
    let items: Vec<_> = entries.chain([Item::Count(transaction.movie.to_string())]).collect();
    assert!(items.len() > 1, "a transaction counts at least one like");
    assert!(items.len() <= MAX_TRANSACT_ITEMS, "a transaction has at most {MAX_TRANSACT_ITEMS} items");
    assert_eq!(
        items.iter().collect::<BTreeSet<_>>().len(),
        items.len(),
        "a transaction has one action an item"
    );
    items
}

impl Transact for Invocation {
    type Error = Injected;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Injected>> {
        let tables = &self.tables;
        match tables.begin_call() {
            Fault::None => tables.apply_among_others(transaction).await,
            Fault::Slow(duration) => {
                let applied = tables.apply_among_others(transaction).await;
                sleep(duration).await;
                applied
            }
            Fault::Throttled => Err(transient()),
            Fault::Conflict => {
                tables.pay(transaction);
                let likes = vec![Reason::None; transaction.likes.len()];
                Err(TransactError::Cancelled { likes, count: Reason::Contention })
            }
            Fault::EntryConflict => {
                tables.pay(transaction);
                let others = transaction.likes.iter().skip(1).map(|_| Reason::None);
                let likes = std::iter::once(Reason::Contention).chain(others).collect();
                Err(TransactError::Cancelled { likes, count: Reason::None })
            }
            Fault::RequestLost => {
                sleep(LOST_AFTER).await;
                Err(transient())
            }
            Fault::AnswerLost => {
                let _ = tables.apply_among_others(transaction).await;
                sleep(LOST_AFTER).await;
                Err(transient())
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                let _ = tables.apply_among_others(transaction).await;
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
            Fault::None => Ok(tables.read(keys)),
            Fault::Slow(duration) => {
                let known = tables.read(keys);
                sleep(duration).await;
                Ok(known)
            }
            Fault::Conflict | Fault::EntryConflict => Ok(tables.read_stale(keys)),
            Fault::Throttled => Err(Injected),
            Fault::RequestLost | Fault::AnswerLost => {
                sleep(LOST_AFTER).await;
                Err(Injected)
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore | Fault::CrashAfter => self.crash().await,
        }
    }
}
