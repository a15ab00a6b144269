//! The ledger and the counts, under `DynamoDB`'s rules for transactions.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html> and
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html>.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use thiserror::Error;
use tokio::{task::yield_now, time::sleep};
use update_count::{MAX_TRANSACT_ITEMS, Reason, Transact, TransactError, Transaction};

use crate::{Fault, Faults, Invocation};

/// How long a caller waits for an answer that is lost.
const LOST_AFTER: Duration = Duration::from_secs(2);

/// The two tables.
#[derive(Debug, Clone)]
pub struct Tables {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    /// The movie of each like that is remembered, by its key.
    ledger: BTreeMap<String, String>,
    counts: BTreeMap<String, u64>,
    /// The items that transactions under way are about to write.
    busy: BTreeSet<Item>,
}

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
                state.ledger.insert(key.clone(), movie.clone());
            }
        }
        let added = u64::try_from(entries.len()).expect("is at most 99");
        *state.counts.entry(movie.clone()).or_default() += added;
        let remembered = state.ledger.values().filter(|of| **of == movie).count();
        assert_eq!(
            state.counts.get(&movie).copied(),
            u64::try_from(remembered).ok(),
            "ledger and count differ"
        );
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
            let count = reasons.pop().expect("ends with the count");
            return Err(TransactError::Cancelled { likes: reasons, count });
        }
        state.busy.extend(items.iter().cloned());
        Ok(Writing { tables: self, items: items.to_vec() })
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
        match tables.faults.next() {
            Fault::None => tables.apply_among_others(transaction).await,
            Fault::Throttled => Err(transient()),
            Fault::Conflict => Err(TransactError::Cancelled {
                likes: vec![Reason::None; transaction.likes.len()],
                count: Reason::Contention,
            }),
            Fault::EntryConflict => {
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
