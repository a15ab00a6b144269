//! Calls to AWS's services on the emulator.

use std::{error::Error, iter};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use thiserror::Error;

/// A call failed, or its response cannot be used.
#[derive(Debug, Error)]
pub enum CallError {
    /// The operation failed, with this error and its sources.
    #[error("{0} failed: {1}")]
    Failed(&'static str, String),
    /// The response lacks a field.
    #[error("{0} responded without {1}")]
    Incomplete(&'static str, &'static str),
}

impl CallError {
    /// The error of an operation.
    pub fn failed(operation: &'static str, error: impl Error + 'static) -> Self {
        Self::Failed(operation, chain(&error))
    }
}

/// Endpoint, region and credentials from the environment. The SDK does not retry, since a [`Mapping`](crate::Mapping) does.
pub async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).retry_config(RetryConfig::disabled()).load().await
}

/// An error and its sources, on one line.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let errors = iter::successors(Some(error), |error| (*error).source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
