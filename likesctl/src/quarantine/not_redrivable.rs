//! Why a message is not redriven.

use jiff::SignedDuration;
use quarantine::DataError;
use thiserror::Error;

use super::{error::QuarantineError, likes::NotLikes, repair::RepairError};

/// Why a message is left in quarantine.
#[derive(Debug, Error)]
pub(super) enum NotRedrivable {
    #[error("it does not hold a record")]
    NoRecord,
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Repair(#[from] RepairError),
    #[error("it is still not a like: {0}")]
    NotLikes(NotLikes),
    #[error("the output of the repair command is not a like: {0}")]
    NotRepaired(NotLikes),
    #[error("the records have left the stream and may not be in the archive yet: run this again in {0:#}")]
    Unsettled(SignedDuration),
    #[error("the records have left the stream, and the archive's objects of that time may have expired")]
    Expired,
    #[error("the records have left the stream, and the archive has no object that could hold them")]
    NoObject,
    /// A service failed. The others would not fare better.
    #[error(transparent)]
    Failed(#[from] QuarantineError),
}
