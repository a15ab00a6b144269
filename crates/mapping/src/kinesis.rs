//! A stream, read through Kinesis's API.

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_sdk_kinesis::{
    Client,
    primitives::DateTime,
    types::{ShardIteratorType, StreamDescriptionSummary},
};
use tokio::time::Instant;

use crate::{
    CallError, Position, Read, Record, Shard,
    metrics::{self, Unit::Bytes},
};

/// The maximum `Limit` of `GetRecords`.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>.
const MAX_LIMIT: usize = 10_000;

/// A stream and the client to read it.
#[derive(Debug)]
pub struct KinesisStream {
    client: Client,
    arn: String,
}

impl KinesisStream {
    /// The stream with this ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, arn: String) -> Self {
        Self { client: Client::new(config), arn }
    }

    /// The stream's ARN.
    #[must_use]
    pub fn arn(&self) -> &str {
        &self.arn
    }

    /// The stream's retention period.
    ///
    /// # Errors
    /// [`CallError`] if the call fails.
    pub async fn retention(&self) -> Result<Duration, CallError> {
        let stream = self.client.describe_stream_summary().stream_arn(&self.arn).send().await;
        let stream = stream.map_err(|error| CallError::failed("DescribeStreamSummary", error))?;
        let hours = stream.stream_description_summary().map(StreamDescriptionSummary::retention_period_hours);
        let hours = hours.and_then(|hours| u64::try_from(hours).ok());
        let hours = hours.ok_or(CallError::Incomplete("DescribeStreamSummary", "RetentionPeriodHours"))?;
        Ok(Duration::from_hours(hours))
    }

    /// Lists the stream's shards.
    ///
    /// # Errors
    /// [`CallError`] if a call fails.
    pub async fn shards(&self) -> Result<Vec<Shard>, CallError> {
        let mut shards = Vec::new();
        let mut next = None;
        loop {
            let request = self.client.list_shards();
            // Requests for further pages must not name the stream.
            let request = match next {
                None => request.stream_arn(&self.arn),
                Some(token) => request.next_token(token),
            };
            let page = request.send().await.map_err(|error| CallError::failed("ListShards", error))?;
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

    /// Reads at most `limit` records of a shard, from a position. Gets a new iterator each time, since iterators expire.
    ///
    /// # Errors
    /// [`CallError`] if a call fails.
    pub async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, CallError> {
        let request = self.client.get_shard_iterator().stream_arn(&self.arn).shard_id(shard);
        let request = match position {
            Position::TrimHorizon => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Position::AtTimestamp(time) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(DateTime::from_millis(time.as_millisecond())),
            Position::AfterSequenceNumber(number) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .starting_sequence_number(number),
        };
        let iterator = request.send().await.map_err(|error| CallError::failed("GetShardIterator", error))?;
        let limit = i32::try_from(limit.min(MAX_LIMIT)).unwrap_or(i32::MAX);
        let request = self.client.get_records().set_shard_iterator(iterator.shard_iterator).limit(limit);
        let read = request.send().await.map_err(|error| CallError::failed("GetRecords", error))?;
        let behind = read.millis_behind_latest.and_then(|behind| u64::try_from(behind).ok()).unwrap_or(0);
        let bytes: usize = read.records.iter().map(|record| record.data.as_ref().len()).sum();
        if bytes > 0 {
            let stream = self.arn.rsplit('/').next().unwrap_or_default();
            metrics::write(
                "AWS/Kinesis",
                ("StreamName", stream),
                &[("GetRecords.Bytes", bytes as u64, Bytes)],
            );
        }
        Ok(Read {
            has_more: behind > 0,
            behind: Duration::from_millis(behind),
            is_closed: read.next_shard_iterator.is_none(),
            records: read.records.into_iter().map(record).collect(),
        })
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
