//! Counts likes exactly once.
//!
//! One kind of [`Transaction`] writes the ledger's entries of a movie's likes and adds their number to its count, all or
//! nothing. [`count_movie`] runs as many as a movie's likes need. `UpdateCount` counts the likes of a batch with it, and
//! `likesctl rebuild` the likes that the ledger lacks.

mod batch;
mod count;
mod dynamodb;
mod ledger;
mod lookup;
mod outcome;
mod transaction;

pub use batch::{Like, Position, by_movie, distinct};
pub use count::count_movie;
pub use dynamodb::{Tables, WriteError};
pub use ledger::{Ledger, MAX_KEYS, find_duplicates};
pub use outcome::Outcome;
pub use transaction::{MAX_LIKES, MAX_TRANSACT_ITEMS, Reason, Token, Transact, TransactError, Transaction};

/// How many calls to `DynamoDB` are in flight at once.
pub const CONCURRENCY: usize = 16;
