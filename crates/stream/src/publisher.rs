//! Publishes likes by movie, and spreads those of a movie that its shard cannot take.

use std::time::Duration;

use aws_sdk_kinesis::{
    config::{
        Config,
        interceptors::InterceptorContext,
        retry::{ClassifyRetry, RetryAction},
    },
    operation::put_record::PutRecordError,
    primitives::Blob,
};
use like::LikeEvent;
use tokio::time::timeout;

use crate::{PublishError, Stream, spilling::Spilling};

/// Publishes likes so that those of a movie are on one shard, as long as that takes them: then they are in the same batch,
/// and one transaction counts up to 99 of them.
///
/// A shard takes 1,000 records a second. When Kinesis throttles a like, it is published under its own id instead, and so are
/// this movie's likes for the next minute. That spreads them over all shards.
#[derive(Debug)]
pub struct Publisher {
    stream: Stream,
    spilling: Spilling,
    time: Duration,
}

/// What a like was published under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKey {
    /// Its movie.
    Movie,
    /// Its own id, because the movie's shard is full.
    Like,
}

impl Publisher {
    /// Publishes to `stream`, each like within `time`, whatever the SDK still wants to try.
    #[must_use]
    pub fn new(stream: Stream, time: Duration) -> Self {
        Self { stream, spilling: Spilling::default(), time }
    }

    /// The stream's name.
    #[must_use]
    pub fn stream_name(&self) -> &str {
        self.stream.name()
    }

    /// Publishes one like. Returns once Kinesis has acknowledged it.
    ///
    /// # Errors
    /// [`PublishError`] if the SDK's attempts or the time are used up. The record may be on the stream all the same, and an
    /// attempt whose response was lost may have left a second copy of it, also on another shard.
    pub async fn publish(&self, event: &LikeEvent) -> Result<PartitionKey, PublishError> {
        let data = Blob::new(event.encode()?);
        let published = timeout(self.time, self.put(event, data)).await;
        published.map_err(|_| PublishError::OutOfTime(self.time))?
    }

    async fn put(&self, event: &LikeEvent, data: Blob) -> Result<PartitionKey, PublishError> {
        let movie = &event.movie_id;
        if !self.spilling.contains(movie) {
            let put = self.stream.put_record(movie.to_string(), data.clone());
            let put =
                put.customize().config_override(Config::builder().retry_classifier(DoNotWaitForTheShard));
            match put.send().await {
                Ok(_) => return Ok(PartitionKey::Movie),
                Err(error) if error.as_service_error().is_some_and(is_throttled) => self.spilling.add(movie),
                Err(error) => return Err(Box::new(error).into()),
            }
        }
        let put = self.stream.put_record(event.like_id.to_string(), data);
        put.send().await.map_err(Box::new)?;
        Ok(PartitionKey::Like)
    }
}

/// Whether the record's shard, or the stream, is at its limit. Of the errors of
/// [`PutRecord`](https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html), only this one says so:
/// `KMSThrottlingException` is about the key that encrypts all shards.
fn is_throttled(error: &PutRecordError) -> bool {
    error.is_provisioned_throughput_exceeded_exception()
}

/// Keeps the SDK from waiting and trying the same shard again: another one can take the like at once. Other errors are
/// retried as ever.
#[derive(Debug)]
struct DoNotWaitForTheShard;

impl ClassifyRetry for DoNotWaitForTheShard {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(|result| result.err()?.as_operation_error());
        match error.and_then(|error| error.downcast_ref::<PutRecordError>()) {
            Some(error) if is_throttled(error) => RetryAction::RetryForbidden,
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "do not wait for the shard"
    }
}
