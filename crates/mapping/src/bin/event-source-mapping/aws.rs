//! A mapping's services on the emulator.

use std::{error::Error, time::SystemTime};

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use aws_sdk_kinesis::types::ShardIteratorType;
use aws_sdk_lambda::primitives::Blob;
use mapping::{Discarded, FunctionResult, Position, Read, Record, Services, Shard, event, payload};
use thiserror::Error;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::{
    chain,
    checkpoints::{CheckpointError, Checkpoints},
    destination::message,
};

/// The maximum `Limit` of `GetRecords`.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>.
const MAX_LIMIT: usize = 10_000;

/// A call failed, or its response cannot be used.
#[derive(Debug, Error)]
pub(crate) enum AwsError {
    #[error("{0} failed: {1}")]
    Call(&'static str, String),
    #[error("{0} responded without {1}")]
    Incomplete(&'static str, &'static str),
    #[error("the local stack's mapping does not support {0}")]
    Unsupported(&'static str),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the event could not be encoded as JSON")]
    Json(#[from] serde_json::Error),
}

/// The error of a failed call.
pub(crate) fn failed(operation: &'static str, error: impl Error + 'static) -> AwsError {
    AwsError::Call(operation, chain(&error))
}

/// Endpoint, region and credentials from the environment. The SDK does not retry, since the mapping does.
pub(crate) async fn config() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest()).retry_config(RetryConfig::disabled()).load().await
}

/// A mapping's stream, function, on-failure destination and checkpoints.
#[derive(Debug)]
pub(crate) struct Aws {
    kinesis: aws_sdk_kinesis::Client,
    lambda: aws_sdk_lambda::Client,
    sqs: aws_sdk_sqs::Client,
    stream_arn: String,
    function_arn: String,
    destination: Option<String>,
    checkpoints: Checkpoints,
}

impl Aws {
    pub(crate) fn new(
        config: &SdkConfig,
        stream_arn: String,
        function_arn: String,
        destination: Option<String>,
        checkpoints: Checkpoints,
    ) -> Self {
        Self {
            kinesis: aws_sdk_kinesis::Client::new(config),
            lambda: aws_sdk_lambda::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            stream_arn,
            function_arn,
            destination,
            checkpoints,
        }
    }

    async fn send(&self, queue: &str, discarded: Discarded<'_>) -> Result<(), AwsError> {
        let body = message(discarded, &self.stream_arn, &self.function_arn).to_string();
        let sent = self.sqs.send_message().queue_url(queue).message_body(body).send().await;
        sent.map(drop).map_err(|error| failed("SendMessage", error))
    }
}

impl Services for Aws {
    type Error = AwsError;

    async fn shards(&self) -> Result<Vec<Shard>, AwsError> {
        let mut shards = Vec::new();
        let mut next = None;
        loop {
            let request = self.kinesis.list_shards();
            // Requests for further pages must not name the stream.
            let request = match next {
                None => request.stream_arn(&self.stream_arn),
                Some(token) => request.next_token(token),
            };
            let page = request.send().await.map_err(|error| failed("ListShards", error))?;
            shards.extend(page.shards().iter().map(|shard| {
                Shard {
                    id: shard.shard_id().to_owned(),
                    parents: [shard.parent_shard_id(), shard.adjacent_parent_shard_id()]
                        .into_iter()
                        .flatten()
                        .map(str::to_owned)
                        .collect(),
                }
            }));
            next = page.next_token;
            if next.is_none() {
                return Ok(shards);
            }
        }
    }

    /// Gets a new iterator each time, since iterators expire.
    async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, AwsError> {
        let request = self.kinesis.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(shard);
        let request = match position {
            Position::TrimHorizon => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Position::AfterSequenceNumber(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number),
        };
        let iterator = request.send().await.map_err(|error| failed("GetShardIterator", error))?;
        let limit = i32::try_from(limit.min(MAX_LIMIT)).unwrap_or(i32::MAX);
        let request = self.kinesis.get_records().set_shard_iterator(iterator.shard_iterator).limit(limit);
        let read = request.send().await.map_err(|error| failed("GetRecords", error))?;
        Ok(Read {
            has_more: read.millis_behind_latest.is_some_and(|behind| behind > 0),
            is_closed: read.next_shard_iterator.is_none(),
            records: read.records.into_iter().map(record).collect(),
        })
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<FunctionResult, AwsError> {
        let payload = payload(&event(&self.stream_arn, shard, batch))?;
        let started = Instant::now();
        let request = self.lambda.invoke().function_name(&self.function_arn).payload(Blob::new(payload));
        let output = request.send().await.map_err(|error| failed("Invoke", error))?;
        let payload = output.payload().map(AsRef::as_ref).unwrap_or_default();
        let (records, took) = (batch.len(), started.elapsed());
        if let Some(kind) = output.function_error() {
            warn!(shard, records, ?took, kind, error = %String::from_utf8_lossy(payload), "the function failed");
            return Ok(FunctionResult::Error);
        }
        let result = FunctionResult::parse(payload);
        match &result {
            FunctionResult::Response(response) => {
                info!(shard, records, failed = response.batch_item_failures.len(), ?took, "delivered");
            }
            FunctionResult::Error => warn!(shard, records, ?took, "the function's response is malformed"),
        }
        Ok(result)
    }

    async fn discard(&self, discarded: Discarded<'_>) {
        let Discarded { shard, records, condition, .. } = discarded;
        warn!(shard, records = records.len(), ?condition, "discarding records");
        if let Some(queue) = &self.destination
            && let Err(error) = self.send(queue, discarded).await
        {
            error!(shard, %error, "no message about discarded records was sent to the on-failure destination");
        }
    }

    fn expired(&self, shard: &str, records: &[Record]) {
        error!(shard, records = records.len(), "records left the stream before they were done");
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.get(shard)
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), AwsError> {
        Ok(self.checkpoints.set(shard, sequence_number)?)
    }
}

fn record(record: aws_sdk_kinesis::types::Record) -> Record {
    let arrived_at = record.approximate_arrival_timestamp.and_then(|time| SystemTime::try_from(time).ok());
    let age = arrived_at.and_then(|time| time.elapsed().ok()).unwrap_or_default();
    let now = Instant::now();
    Record {
        sequence_number: record.sequence_number,
        partition_key: record.partition_key.unwrap_or_default(),
        data: record.data.into_inner(),
        arrived: now.checked_sub(age).unwrap_or(now),
    }
}
