//! The quarantine for records that can never be counted, and the format of the messages in its queue.
//!
//! `UpdateCount` writes the messages, `likesctl` reads them. A message that SQS rejected would block the record's shard,
//! so every message fits: all texts and the data are truncated, and it is ASCII.

mod record;

use std::error::Error;

pub use record::{DataError, MAX_MESSAGE_BYTES, QuarantinedRecord, Source};

/// A queue that keeps quarantined records until an operator redrives or discards them.
pub trait Quarantine {
    /// Why a record could not be quarantined.
    type Error: Error + Send + Sync + 'static;

    /// Quarantines a record. Returns once it is stored durably.
    ///
    /// # Errors
    /// If it is not certain that the record is stored.
    fn put(&self, record: &QuarantinedRecord) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
