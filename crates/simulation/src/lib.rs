//! Simulates what `UpdateCount` depends on, so that tests can run its own code under every fault.
//!
//! - [`Lambda`] delivers a stream's records by the rules of Lambda's event source mapping, as `mapping` implements
//!   them: in batches of any size, several of a shard at once, until every record is done.
//! - [`Tables`] are the ledger and the counts, with `DynamoDB`'s rules for transactions and their cost.
//! - [`Queue`] is the quarantine queue, with SQS's rules for messages.
//! - [`Faults`] make a call fail before or after it is carried out, slow it down, or crash the invocation.
//!
//! Run it with tokio's time paused: hours of retries then take no time.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod cells;
mod faults;
mod invocation;
mod lambda;
mod queue;
mod stream;
mod tables;

pub use faults::{Fault, Faults};
pub use invocation::Invocation;
pub use lambda::{CheckpointLost, Lambda, Settings};
pub use mapping::Record;
pub use queue::{Queue, SendError};
pub use stream::Shard;
pub use tables::{Injected, Tables};
