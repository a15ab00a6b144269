//! A simulation of what `UpdateCount` depends on, so that its own code can be run under every fault.
//!
//! - [`Lambda`] delivers a stream's records by the rules of Lambda's event source mapping, which are those of `mapping`:
//!   in batches of any size, several of a shard at once, until they are done.
//! - [`Tables`] are the ledger and the counts under `DynamoDB`'s rules for transactions, with what they cost.
//! - [`Queue`] is the quarantine queue, under `SQS`'s rules for messages.
//! - [`Faults`] go wrong before or after a call is carried out, make it slow, or take the invocation with them.
//!
//! Time is tokio's, to be paused: hours of retries take no time.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod faults;
mod invocation;
mod lambda;
mod queue;
mod stream;
mod tables;

pub use faults::{Fault, Faults};
pub use invocation::Invocation;
pub use lambda::{Lambda, NoteLost, Settings};
pub use mapping::Record;
pub use queue::{Queue, SendError};
pub use stream::Shard;
pub use tables::{Injected, Tables};
