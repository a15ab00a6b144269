//! Why a user could not be forgotten.

use archive::ArchiveError;
use aws_sdk_sqs::{error::SdkError, operation::get_queue_attributes::GetQueueAttributesError};
use thiserror::Error;

use super::entry::ForgetEntryError;
use crate::{retention::RetentionError, scan::ScanLedgerError, survey::TooShort, target::ConfirmError};

/// The user's likes could not all be found, or not all be forgotten.
#[derive(Debug, Error)]
pub(crate) enum ForgetError {
    #[error(transparent)]
    Margin(#[from] TooShort),
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Ledger(#[from] ScanLedgerError),
    #[error(transparent)]
    Entry(#[from] ForgetEntryError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error("the size of the quarantine cannot be read")]
    Quarantine(#[from] Box<SdkError<GetQueueAttributesError>>),
}
