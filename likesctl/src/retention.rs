//! The stream of likes: how long it keeps them, and since when it exists.

use aws_sdk_kinesis::{
    Client, error::SdkError, operation::describe_stream_summary::DescribeStreamSummaryError,
    primitives::DateTime,
};
use jiff::SignedDuration;
use thiserror::Error;

/// The stream cannot be described.
#[derive(Debug, Error)]
#[error("the stream cannot be described")]
pub(crate) struct RetentionError(#[from] Box<SdkError<DescribeStreamSummaryError>>);

/// How long a stream keeps records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// How long it keeps each record.
    pub period: SignedDuration,
    /// When the stream was created, if Kinesis says so.
    pub created: Option<DateTime>,
}

impl Retention {
    /// Asks Kinesis for the retention of the stream with this name.
    pub(crate) async fn of(client: &Client, stream: &str) -> Result<Self, RetentionError> {
        let described = client.describe_stream_summary().stream_name(stream).send().await;
        let summary = described.map_err(Box::new)?.stream_description_summary;
        let hours = summary.as_ref().map_or(0, |summary| summary.retention_period_hours);
        Ok(Self {
            period: SignedDuration::from_hours(i64::from(hours)),
            created: summary.map(|summary| summary.stream_creation_timestamp),
        })
    }
}
