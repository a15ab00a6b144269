//! Why records are not delivered.

use std::io;

use mapping::{CallError, CheckpointError};
use thiserror::Error;

/// A call, a checkpoint or the compression failed.
#[derive(Debug, Error)]
pub(crate) enum DeliveryError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the records cannot be compressed")]
    Compress(#[from] io::Error),
}
