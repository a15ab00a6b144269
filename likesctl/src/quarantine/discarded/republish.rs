//! Putting records on the stream again.

use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use stream::{PutError, Record, Stream};

use crate::quarantine::likes::is_too_old;

/// The stream that records are put on again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Republish<'a> {
    pub stream: &'a Stream,
    /// How long the stream keeps records.
    pub retention: SignedDuration,
    /// Whether nothing is put there.
    pub dry_run: bool,
}

impl Republish<'_> {
    /// Whether a like must not be put there, because it could be counted twice.
    pub(super) fn is_too_old(self, like: &LikeEvent) -> bool {
        is_too_old(like, self.retention, Timestamp::now())
    }

    pub(super) async fn put(self, records: Vec<Record>) -> Result<(), PutError> {
        if self.dry_run { Ok(()) } else { self.stream.put(records).await }
    }
}
