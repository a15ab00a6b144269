//! The messages of the quarantine queue.

use jiff::Timestamp;
use quarantine::QuarantinedRecord;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::discarded::Arrival;

/// The body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Message {
    /// A quarantined record, from `UpdateCount`.
    Record(QuarantinedRecord),
    /// From Lambda: a range of records that it discarded.
    Discarded(Discarded),
    /// Neither; somebody else sent it.
    Other(Value),
}

/// Lambda's message about records that it discarded uncounted. It does not hold them: they are on the stream for a while, and
/// in the archive.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Discarded {
    #[serde(rename = "KinesisBatchInfo")]
    pub batch: DiscardedBatch,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The records that Lambda discarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DiscardedBatch {
    pub shard_id: String,
    pub start_sequence_number: String,
    pub end_sequence_number: String,
    #[serde(serialize_with = "with_milliseconds")]
    approximate_arrival_of_first_record: Timestamp,
    #[serde(serialize_with = "with_milliseconds")]
    approximate_arrival_of_last_record: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<u64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

fn with_milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

impl DiscardedBatch {
    /// When its records arrived on the stream.
    pub(super) fn arrival(&self) -> Arrival {
        let (a, b) = (self.approximate_arrival_of_first_record, self.approximate_arrival_of_last_record);
        // Kinesis does not promise that they increase.
        Arrival { first: a.min(b), last: a.max(b) }
    }
}

impl Message {
    /// Reads a message's body.
    pub(super) fn read(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_else(|_| Self::Other(Value::String(body.to_owned())))
    }

    /// Why the message is in quarantine.
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::Record(record) => &record.reason,
            Self::Discarded(_) => "discarded by Lambda",
            Self::Other(_) => "not a message from UpdateCount or Lambda",
        }
    }

    /// The sequence number of the record, or of the first record that Lambda discarded.
    pub(super) fn sequence_number(&self) -> Option<&String> {
        match self {
            Self::Record(record) => Some(&record.sequence_number),
            Self::Discarded(Discarded { batch, .. }) => Some(&batch.start_sequence_number),
            Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example in Lambda's documentation.
    const DISCARDED: &str = include_str!("discarded/example.json");

    #[test]
    fn a_record_is_read_with_its_reason() {
        let body = json!({
            "reason": "not an event",
            "streamArn": "arn",
            "shardId": "s",
            "sequenceNumber": "1",
            "partitionKey": "k",
            "length": 2,
            "data": "/wA=",
        });
        let message = Message::read(&body.to_string());
        assert!(matches!(message, Message::Record(_)));
        assert_eq!(message.reason(), "not an event");
        assert_eq!(serde_json::to_value(message).unwrap(), body);
    }

    #[test]
    fn lambdas_message_is_recognized_and_loses_no_field() {
        let message = Message::read(DISCARDED);
        let Message::Discarded(Discarded { batch, .. }) = &message else { panic!("{message:?}") };
        assert_eq!(batch.batch_size, Some(500));
        let [first, last] =
            ["2019-11-14T00:38:04.835Z", "2019-11-14T00:38:05.580Z"].map(|time| time.parse().unwrap());
        assert_eq!(batch.arrival(), Arrival { first, last });
        assert_eq!(message.reason(), "discarded by Lambda");
        let written = serde_json::to_value(message).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(DISCARDED).unwrap());
    }

    #[test]
    fn anything_else_is_kept_as_it_is() {
        for body in ["hello", r#"{"a":1}"#, r#"{"KinesisBatchInfo":{"shardId":"s"}}"#] {
            let message = Message::read(body);
            let Message::Other(value) = &message else { panic!("{message:?}") };
            assert_eq!(value, &serde_json::from_str(body).unwrap_or_else(|_| json!(body)));
        }
    }
}
