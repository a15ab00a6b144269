//! The stream of likes: how long it keeps them, and putting likes back on it.

use aws_sdk_kinesis::{
    Client,
    error::SdkError,
    operation::{describe_stream_summary::DescribeStreamSummaryError, put_record::PutRecordError},
    primitives::{Blob, DateTime},
    types::StreamDescriptionSummary,
};
use jiff::SignedDuration;
use like::LikeEvent;
use thiserror::Error;

/// The stream cannot be used.
#[derive(Debug, Error)]
pub(crate) enum StreamError {
    #[error("the stream cannot be described")]
    Describe(#[from] Box<SdkError<DescribeStreamSummaryError>>),
    #[error("the stream does not take a record")]
    Put(#[from] Box<SdkError<PutRecordError>>),
    #[error("a like cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// A stream and the client to reach it.
#[derive(Debug, Clone)]
pub(crate) struct Stream {
    client: Client,
    name: String,
}

impl Stream {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// How long the stream keeps a record.
    pub(crate) async fn retention(&self) -> Result<SignedDuration, StreamError> {
        let hours = self.describe().await?.map_or(0, |summary| summary.retention_period_hours);
        Ok(SignedDuration::from_hours(i64::from(hours)))
    }

    /// When the stream was made, if Kinesis says so.
    pub(crate) async fn created(&self) -> Result<Option<DateTime>, StreamError> {
        Ok(self.describe().await?.map(|summary| summary.stream_creation_timestamp))
    }

    async fn describe(&self) -> Result<Option<StreamDescriptionSummary>, StreamError> {
        let described = self.client.describe_stream_summary().stream_name(&self.name).send().await;
        Ok(described.map_err(Box::new)?.stream_description_summary)
    }

    /// Puts a like on the stream, as `IngestLike` does.
    pub(crate) async fn put(&self, like: &LikeEvent) -> Result<(), StreamError> {
        let data = Blob::new(like.encode()?);
        let request =
            self.client.put_record().stream_name(&self.name).partition_key(like.like_id.to_string());
        request.data(data).send().await.map_err(Box::new)?;
        Ok(())
    }
}
