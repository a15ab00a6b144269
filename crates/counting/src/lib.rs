//! Counts likes exactly once.
//!
//! A [`Transaction`] writes ledger entries for likes of one movie and adds their number to its count, all or nothing.
//! [`count_movie`] runs as many transactions as a movie's likes need. `UpdateCount` uses it for the likes of a batch,
//! `likesctl rebuild` for likes that have no ledger entry.

mod batch;
mod cells;
mod count;
mod dynamodb;
mod ledger;
mod lookup;
mod outcome;
mod spread;
mod transaction;

pub use batch::{Like, Position, by_movie, distinct};
pub use count::count_movie;
pub use dynamodb::{Tables, WriteError};
pub use ledger::{Ledger, MAX_KEYS, find_duplicates};
pub use outcome::Outcome;
pub use spread::{CountCells, KnownCells, QUIET, Spread};
pub use tables::{Cell, Cells};
pub use transaction::{MAX_LIKES, MAX_TRANSACT_ITEMS, Reason, Token, Transact, TransactError, Transaction};

/// The maximum number of calls to `DynamoDB` in flight at once.
pub const CONCURRENCY: usize = 16;
