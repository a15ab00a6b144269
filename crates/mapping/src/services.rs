//! The services that a mapping works with.

use std::{error::Error, time::Duration};

use aws_lambda_events::event::streams::{KinesisBatchItemFailure, KinesisEventResponse};
use jiff::Timestamp;
use serde::Deserialize;

use crate::Record;

/// A shard of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// The shard's id.
    pub id: String,
    /// The ids of the shards that were split or merged into this one. Their records are delivered first.
    pub parents: Vec<String>,
}

/// The position in a shard to read from: an iterator type of `GetShardIterator`.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// The oldest record that the stream keeps.
    TrimHorizon,
    /// The first record that arrived at this time or later.
    AtTimestamp(Timestamp),
    /// The record after the one with this sequence number.
    AfterSequenceNumber(String),
}

/// The result of reading a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The next records, in order.
    pub records: Vec<Record>,
    /// Whether the shard holds more records now.
    pub has_more: bool,
    /// How far behind the newest record of the shard this is.
    pub behind: Duration,
    /// Whether the shard is closed and this is its end: no record will follow.
    pub is_closed: bool,
}

/// The result of an invocation.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionResult {
    /// The function returned this response.
    Response(KinesisEventResponse),
    /// The function failed: it returned an error, timed out or crashed, or its response is malformed.
    Error,
}

impl FunctionResult {
    /// Parses the function's response. An empty one, `null`, an empty object and a missing list report no failures.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            batch_item_failures: Option<Vec<KinesisBatchItemFailure>>,
        }
        let payload = if payload.is_empty() { b"null" } else { payload };
        serde_json::from_slice::<Option<Payload>>(payload).map_or(Self::Error, |payload| {
            let mut response = KinesisEventResponse::default();
            response.batch_item_failures =
                payload.and_then(|payload| payload.batch_item_failures).unwrap_or_default();
            Self::Response(response)
        })
    }
}

/// Why records are discarded: the `condition` in the message to the on-failure destination.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The maximum number of retry attempts is exhausted.
    RetryAttemptsExhausted,
    /// The records exceed the maximum record age.
    RecordAgeExceeded,
}

/// Records that the mapping discards.
#[derive(Debug, Clone, Copy)]
pub struct Discarded<'a> {
    /// The id of the records' shard.
    pub shard: &'a str,
    /// The records, in order.
    pub records: &'a [Record],
    /// Why they are discarded.
    pub condition: Condition,
    /// The number of invocations with these records.
    pub invocations: u32,
}

/// A mapping's stream, function, on-failure destination and checkpoints.
///
/// The mapping retries every call that returns an error.
pub trait Services {
    /// Why a call failed.
    type Error: Error;

    /// Lists the stream's shards.
    ///
    /// # Errors
    /// If the stream does not respond.
    fn shards(&self) -> impl Future<Output = Result<Vec<Shard>, Self::Error>>;

    /// Reads up to `limit` records of a shard from `position` on.
    ///
    /// # Errors
    /// If the stream does not respond.
    fn read(
        &self,
        shard: &str,
        position: &Position,
        limit: usize,
    ) -> impl Future<Output = Result<Read, Self::Error>>;

    /// Invokes the function with a batch and waits for its response.
    ///
    /// # Errors
    /// If it is not known whether the function ran.
    fn invoke(
        &self,
        shard: &str,
        batch: &[Record],
    ) -> impl Future<Output = Result<FunctionResult, Self::Error>>;

    /// Sends a message about discarded records to the on-failure destination. It is sent once, even if that fails.
    fn discard(&self, discarded: Discarded<'_>) -> impl Future<Output = ()>;

    /// Reports records that left the stream before they were done.
    fn expired(&self, shard: &str, records: &[Record]);

    /// The sequence number up to which a shard is done; `None` if none of it is.
    fn checkpoint(&self, shard: &str) -> Option<String>;

    /// Stores the sequence number up to which a shard is done, so that it survives a restart of the mapping.
    ///
    /// # Errors
    /// If it was not stored.
    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), Self::Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(payload: &str) -> Option<Vec<Option<String>>> {
        match FunctionResult::parse(payload.as_bytes()) {
            FunctionResult::Response(response) => Some(
                response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(),
            ),
            FunctionResult::Error => None,
        }
    }

    #[test]
    fn a_response_is_parsed_as_lambda_parses_it() {
        for success in ["", "null", "{}", r#"{"batchItemFailures":null}"#, r#"{"batchItemFailures":[]}"#] {
            assert_eq!(failures(success), Some(vec![]), "{success}");
        }
        let reported =
            r#"{"batchItemFailures":[{"itemIdentifier":"7"},{"itemIdentifier":null},{"bad":"8"}]}"#;
        assert_eq!(failures(reported), Some(vec![Some("7".to_owned()), None, None]));
        for malformed in ["{", "7", r#""done""#, r#"{"batchItemFailures":7}"#] {
            assert_eq!(failures(malformed), None, "{malformed}");
        }
    }
}
