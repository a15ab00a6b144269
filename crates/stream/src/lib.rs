//! The Kinesis stream that likes are published to by `IngestLike`. `likesctl` reads ranges of it and puts records back on
//! it.

mod publisher;
mod put;
mod range;
mod record;
mod spilling;

use std::time::Duration;

use aws_sdk_kinesis::{
    Client,
    error::SdkError,
    operation::put_record::{PutRecordError, builders::PutRecordFluentBuilder},
    primitives::Blob,
};
use like::LikeEvent;
pub use publisher::{PartitionKey, Publisher};
pub use put::PutError;
pub use range::{Range, ReadError};
pub use record::Record;
use thiserror::Error;

/// A stream and the client to reach it.
#[derive(Debug, Clone)]
pub struct Stream {
    client: Client,
    name: String,
}

/// The publish was not acknowledged.
#[derive(Debug, Error)]
pub enum PublishError {
    /// The event could not be written as JSON.
    #[error("the event could not be encoded")]
    Encode(#[from] serde_json::Error),
    /// Kinesis rejected the record, or did not respond in time. Then the record may be on the stream.
    #[error("Kinesis did not acknowledge the record")]
    Put(#[from] Box<SdkError<PutRecordError>>),
    /// Kinesis did not acknowledge the record in the time that a [`Publisher`] has. It may be on the stream.
    #[error("Kinesis did not acknowledge the record within {0:?}")]
    OutOfTime(Duration),
}

impl Stream {
    /// The stream with this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// The stream's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Publishes one like under its own id. Returns once Kinesis has acknowledged it.
    ///
    /// # Errors
    /// [`PublishError`] if the SDK's attempts are used up. The record may be on the stream all the same, and an
    /// attempt whose response was lost may have left a second copy of it.
    pub async fn publish(&self, event: &LikeEvent) -> Result<(), PublishError> {
        let Record { partition_key, data } = Record::of(event)?;
        self.put_record(partition_key, Blob::new(data)).send().await.map_err(Box::new)?;
        Ok(())
    }

    fn put_record(&self, partition_key: String, data: Blob) -> PutRecordFluentBuilder {
        self.client.put_record().stream_name(&self.name).partition_key(partition_key).data(data)
    }
}
