//! The items of the ledger and the table of counts, and reads of them.

mod batch_get;
mod cells;
mod count;
mod ledger_entry;
mod movie_count;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
pub use batch_get::{BatchGet, BatchGetError, MAX_KEYS, Read};
pub use cells::{Cell, Cells, NotCells, movie_of_key};
pub use count::{Count, MOVIE_ID, MalformedCount};
pub use ledger_entry::{LIKE_KEY, LedgerEntry, MalformedEntry};
pub use movie_count::{MovieCount, ReadCounts, ReadCountsError};
pub use serde_dynamo::Error as ItemError;

/// An item of a table.
pub type Item = HashMap<String, AttributeValue>;

/// The primary key of an item whose partition key is the attribute `name`.
#[must_use]
pub fn key(name: &str, value: impl Into<String>) -> Item {
    Item::from([(name.to_owned(), AttributeValue::S(value.into()))])
}
