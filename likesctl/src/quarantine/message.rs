//! The messages of the quarantine queue.

use quarantine::QuarantinedRecord;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Message {
    /// A quarantined record, from `UpdateCount`.
    Record(QuarantinedRecord),
    /// From Lambda: the range of records that left the stream uncounted.
    Expired(Expired),
    /// Neither; somebody else sent it.
    Other(Value),
}

/// Lambda's message about records that it gave up on. It does not hold them; the archive does.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Expired {
    #[serde(rename = "KinesisBatchInfo")]
    pub batch: ExpiredBatch,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// The records that Lambda gave up on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExpiredBatch {
    pub shard_id: String,
    pub start_sequence_number: String,
    pub end_sequence_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<u64>,
    #[serde(flatten)]
    rest: Map<String, Value>,
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
            Self::Expired(_) => "left the stream uncounted",
            Self::Other(_) => "not a message from UpdateCount or Lambda",
        }
    }

    /// The sequence number of the record, or of the first record that Lambda gave up on.
    pub(super) fn sequence_number(&self) -> Option<&String> {
        match self {
            Self::Record(record) => Some(&record.sequence_number),
            Self::Expired(Expired { batch, .. }) => Some(&batch.start_sequence_number),
            Self::Other(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example in Lambda's documentation.
    const EXPIRED: &str = include_str!("expired.json");

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
        let message = Message::read(EXPIRED);
        let Message::Expired(Expired { batch, .. }) = &message else { panic!("{message:?}") };
        assert_eq!(batch.batch_size, Some(500));
        assert_eq!(message.reason(), "left the stream uncounted");
        let written = serde_json::to_value(message).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(EXPIRED).unwrap());
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
