//! What a mapping works with.

use std::error::Error;

use aws_lambda_events::event::streams::{KinesisBatchItemFailure, KinesisEventResponse};
use serde::Deserialize;

use crate::Record;

/// A shard of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    /// Its name.
    pub id: String,
    /// The shards that it took over from, which are delivered before it.
    pub parents: Vec<String>,
}

/// Where in a shard to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// From the oldest record that the stream keeps.
    TrimHorizon,
    /// After the record with this sequence number.
    After(String),
}

/// What was read of a shard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    /// The next records, in order.
    pub records: Vec<Record>,
    /// Whether the shard holds more now.
    pub has_more: bool,
    /// Whether it has been read to its end: it is closed, and no record will follow.
    pub is_closed: bool,
}

/// What the function made of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It returned this.
    Response(KinesisEventResponse),
    /// It failed: with an error, by running out of time, or because its process ended. So does one whose answer is none
    /// that a mapping understands.
    Failed,
}

impl Answer {
    /// Reads what the function returned. Nothing, `null`, an empty object and one without a list report no failure.
    #[must_use]
    pub fn read(payload: &[u8]) -> Self {
        #[derive(Default, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Returned {
            batch_item_failures: Option<Vec<KinesisBatchItemFailure>>,
        }
        let payload = if payload.is_empty() { b"null" } else { payload };
        serde_json::from_slice::<Option<Returned>>(payload).map_or(Self::Failed, |returned| {
            let mut response = KinesisEventResponse::default();
            response.batch_item_failures =
                returned.and_then(|returned| returned.batch_item_failures).unwrap_or_default();
            Self::Response(response)
        })
    }
}

/// Why records are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// They were tried as often as the settings allow.
    RetryAttemptsExhausted,
    /// They are older than the settings allow.
    RecordAgeExceeded,
}

/// Records that are passed over.
#[derive(Debug, Clone, Copy)]
pub struct GivenUp<'a> {
    /// The shard that they are in.
    pub shard: &'a str,
    /// The records, in order.
    pub records: &'a [Record],
    /// Why.
    pub condition: Condition,
    /// How often the function was invoked with them.
    pub invocations: u32,
}

/// The stream, the function and the destination of a mapping, and what it remembers.
///
/// An error is one of the service: the mapping tries again.
pub trait Host {
    /// A service does not do what it is asked.
    type Error: Error;

    /// Lists the stream's shards.
    fn shards(&self) -> impl Future<Output = Result<Vec<Shard>, Self::Error>>;

    /// Reads so many records of a shard at most, from `position` on.
    fn read(
        &self,
        shard: &str,
        position: &Position,
        most: usize,
    ) -> impl Future<Output = Result<Read, Self::Error>>;

    /// Invokes the function with a batch and waits for its answer. An error says that it is not known whether the
    /// function ran.
    fn invoke(&self, shard: &str, batch: &[Record]) -> impl Future<Output = Result<Answer, Self::Error>>;

    /// Tells the destination of records that are given up. It is told once, whatever comes of it.
    fn give_up(&self, given_up: GivenUp<'_>) -> impl Future<Output = ()>;

    /// Takes note of records that left the stream before they were done.
    fn expired(&self, shard: &str, records: &[Record]);

    /// The sequence number up to which a shard is done, if any of it is.
    fn checkpoint(&self, shard: &str) -> Option<String>;

    /// Remembers that a shard is done up to this sequence number, also when the mapping is started again.
    ///
    /// # Errors
    /// It could not be kept.
    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), Self::Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(payload: &str) -> Option<Vec<Option<String>>> {
        match Answer::read(payload.as_bytes()) {
            Answer::Response(response) => Some(
                response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect(),
            ),
            Answer::Failed => None,
        }
    }

    #[test]
    fn what_a_function_returns_is_read_as_lambda_reads_it() {
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
