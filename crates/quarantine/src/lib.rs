//! The quarantine for records that can never be counted, and the message that its queue holds for each.
//!
//! `UpdateCount` writes the messages, `likesctl` reads them. A record that the queue rejected would block its shard for
//! good, so a message always fits: every text is truncated, the data too, and all of it is ASCII.

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
    /// If the record was not acknowledged. It may be stored nevertheless.
    fn put(&self, record: &QuarantinedRecord) -> impl Future<Output = Result<(), Self::Error>> + Send;
}
