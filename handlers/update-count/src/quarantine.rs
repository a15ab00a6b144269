//! What is kept of a record that can never be counted, and where.

use std::error::Error;

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

/// The most bytes of a record that are kept. In base64 and with what else the message says they fit into the
/// smallest limit that SQS ever had for a message, 256 KiB; an event of ours has less than 1 KiB.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub(crate) const MAX_KEPT_BYTES: usize = 128 * 1024;

/// Where records are put that can never be counted.
pub trait Quarantine {
    /// Why a record could not be put there.
    type Error: Error + Send + Sync + 'static;

    /// Puts a record aside. Returns once it is kept.
    ///
    /// # Errors
    /// If it may not be kept; it may be all the same.
    fn put(&self, record: &Quarantined<'_>) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A record that can never be counted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined<'a> {
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_arn: Option<&'a str>,
    shard_id: &'a str,
    sequence_number: &'a str,
    partition_key: &'a str,
    /// The record's length in bytes; when it is more than [`MAX_KEPT_BYTES`], `data` is its start.
    length: usize,
    /// The raw bytes in base64.
    data: String,
}

impl<'a> Quarantined<'a> {
    /// What is kept of `record`, and why it was put aside.
    #[must_use]
    pub fn new(record: &'a KinesisEventRecord, reason: &'a str) -> Self {
        // An event's id is its shard's id, a colon and its sequence number.
        let shard_id = record.event_id.as_deref().and_then(|id| id.split(':').next()).unwrap_or_default();
        let data = record.kinesis.data.0.as_slice();
        let kept = data.get(..MAX_KEPT_BYTES).unwrap_or(data);
        Self {
            reason,
            stream_arn: record.event_source_arn.as_deref(),
            shard_id,
            sequence_number: &record.kinesis.sequence_number,
            partition_key: &record.kinesis.partition_key,
            length: data.len(),
            data: STANDARD.encode(kept),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::kinesis::KinesisEvent;
    use serde_json::json;

    use super::*;

    fn record() -> KinesisEventRecord {
        let event: KinesisEvent =
            serde_json::from_str(include_str!("../tests/fixtures/kinesis-event.json")).unwrap();
        event.records.into_iter().next().unwrap()
    }

    #[test]
    fn tells_the_reason_the_place_and_the_raw_bytes() {
        let mut record = record();
        record.kinesis.data.0 = b"\xff\0".to_vec();
        assert_eq!(
            serde_json::to_value(Quarantined::new(&record, "not JSON")).unwrap(),
            json!({
                "reason": "not JSON",
                "streamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/likes",
                "shardId": "shardId-000000000006",
                "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
                "partitionKey": "01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "length": 2,
                "data": "/wA=",
            })
        );
    }

    #[test]
    fn the_message_of_the_largest_record_fits_into_a_queue() {
        // Kinesis takes records of up to 10 MiB.
        let mut record = record();
        record.kinesis.data.0 = vec![0xff; 10 * 1024 * 1024];
        let message = serde_json::to_string(&Quarantined::new(&record, &"x".repeat(1024))).unwrap();
        assert!(message.len() < 256 * 1024, "{}", message.len());
        assert!(message.contains(r#""length":10485760"#));
    }
}
