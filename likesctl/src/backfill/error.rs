//! Why a backfill could not be done.

use std::io;

use archive::ArchiveError;
use thiserror::Error;

use crate::{scan::ScanLedgerError, survey::TooShort, target::ConfirmError};

/// The ledger could not be compared with the archive, or what is missing could not be written.
#[derive(Debug, Error)]
pub(crate) enum BackfillError {
    #[error(transparent)]
    Margin(#[from] TooShort),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Ledger(#[from] ScanLedgerError),
    #[error("the temporary file of missing likes cannot be used")]
    Candidates(#[from] io::Error),
}
