//! Why a command on the quarantine failed, or ended early.

use std::io;

use archive::ArchiveError;
use stream::{PublishError, PutError, ReadError};
use thiserror::Error;

use super::{holds::HIDDEN_MINUTES, queue::QueueError};
use crate::{ledger::LedgerError, retention::RetentionError, target::ConfirmError};

/// Why a command failed, or ended early.
#[derive(Debug, Error)]
pub(crate) enum QuarantineError {
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error("the stream cannot be written")]
    Publish(#[from] PublishError),
    #[error("the stream cannot be written")]
    Put(#[from] PutError),
    #[error("the stream cannot be read")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a like could not be encoded")]
    Encode(#[from] serde_json::Error),
    #[error("signals cannot be handled")]
    Signals(#[source] io::Error),
    #[error("interrupted; the messages that were held are released")]
    Interrupted,
    #[error("interrupted twice; messages stay hidden for up to {HIDDEN_MINUTES} minutes")]
    NotReleased,
    #[error("{0}")]
    NoMatch(String),
}
