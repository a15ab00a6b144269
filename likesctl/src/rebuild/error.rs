//! Why a rebuild could not be done.

use archive::ArchiveError;
use thiserror::Error;

use crate::{
    counts::CountsError,
    ledger::LedgerError,
    retention::RetentionError,
    survey::{ExpiryError, TooShort},
    target::ConfirmError,
};

/// The counts and the ledger could not be compared with the archive, or not be repaired.
#[derive(Debug, Error)]
pub(crate) enum RebuildError {
    #[error(transparent)]
    Margin(#[from] TooShort),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Counts(#[from] CountsError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
}
