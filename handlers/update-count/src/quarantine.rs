//! What is kept of a record that can never be counted, and where.
//!
//! A record that the quarantine refuses would block its shard for good, so the message fits into the queue whatever the
//! record holds: each text is cut, the data too, and all of it is ASCII.

use std::{error::Error, fmt::Write};

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;

/// The largest message, in bytes: the smallest limit that SQS ever had.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The most bytes of a record that are kept. An event of ours has less than 1 KiB.
const MAX_KEPT_BYTES: usize = 128 * 1024;
/// The most characters of a reason that are kept; it may quote the record.
const MAX_REASON: usize = 1024;
/// The most characters of any other text that are kept. Kinesis has none that is longer: a partition key has 256.
const MAX_TEXT: usize = 256;

/// The most bytes that a character takes: two escapes of six.
const ESCAPED: usize = 12;
/// The texts beside the reason.
const TEXTS: usize = 4;
/// More than the names, quotes, commas and numbers take.
const FRAME: usize = 1024;
const _: () = assert!(
    MAX_KEPT_BYTES.div_ceil(3) * 4 + (MAX_REASON + TEXTS * MAX_TEXT) * ESCAPED + FRAME <= MAX_MESSAGE_BYTES
);

/// Where records are put that can never be counted.
pub trait Quarantine {
    /// Why a record could not be put there.
    type Error: Error + Send + Sync + 'static;

    /// Puts a record aside. Returns once it is kept.
    ///
    /// # Errors
    /// If it may not be kept; it may be all the same.
    fn put(&self, record: &Quarantined) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// A record that can never be counted, as it is kept.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Quarantined {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_arn: Option<String>,
    shard_id: String,
    sequence_number: String,
    partition_key: String,
    /// The record's length in bytes; when it is more than [`MAX_KEPT_BYTES`], `data` is its start.
    length: usize,
    /// The raw bytes in base64.
    data: String,
}

impl Quarantined {
    /// What is kept of `record`, and why it was put aside.
    #[must_use]
    pub fn new(record: &KinesisEventRecord, reason: &str) -> Self {
        // An event's id is its shard's id, a colon and its sequence number.
        let shard_id = record.event_id.as_deref().and_then(|id| id.split(':').next()).unwrap_or_default();
        let data = record.kinesis.data.0.as_slice();
        let kept = data.get(..MAX_KEPT_BYTES).unwrap_or(data);
        Self {
            reason: start(reason, MAX_REASON),
            stream_arn: record.event_source_arn.as_deref().map(|arn| start(arn, MAX_TEXT)),
            shard_id: start(shard_id, MAX_TEXT),
            sequence_number: start(&record.kinesis.sequence_number, MAX_TEXT),
            partition_key: start(&record.kinesis.partition_key, MAX_TEXT),
            length: data.len(),
            data: STANDARD.encode(kept),
        }
    }

    /// Why it was put aside; its start, if it is long.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The message, in JSON: ASCII, and at most [`MAX_MESSAGE_BYTES`].
    ///
    /// # Errors
    /// None of the members can fail to serialize; the signature is `serde_json`'s.
    pub fn message(&self) -> Result<String, serde_json::Error> {
        Ok(ascii(&serde_json::to_string(self)?))
    }
}

/// A text's first characters.
fn start(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// JSON in which what is not ASCII is escaped. It stands in strings alone, where `\u` and four digits mean the same.
///
/// SQS refuses some of it: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
fn ascii(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, character| {
        if character.is_ascii() {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::kinesis::KinesisEvent;
    use proptest::prelude::*;
    use serde_json::{Value, json};

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
    fn of_a_large_record_the_start_is_kept() {
        // Kinesis takes records of up to 10 MiB.
        let mut record = record();
        record.kinesis.data.0 = (0..10 * 1024 * 1024_u32).map(|number| number.to_be_bytes()[2]).collect();
        let message: Value =
            serde_json::from_str(&Quarantined::new(&record, "why").message().unwrap()).unwrap();
        assert_eq!(message["length"], 10_485_760);
        let kept = STANDARD.decode(message["data"].as_str().unwrap()).unwrap();
        assert_eq!(kept, record.kinesis.data.0[..128 * 1024]);
    }

    #[test]
    fn of_a_long_text_the_start_is_kept() {
        let mut record = record();
        record.kinesis.partition_key = "é".repeat(300);
        let kept = Quarantined::new(&record, &"é".repeat(2000));
        assert_eq!(kept.reason(), "é".repeat(1024));
        assert_eq!(kept.partition_key, "é".repeat(256));
    }

    #[test]
    fn what_a_message_says_is_read_back_whatever_its_characters() {
        let mut record = record();
        let key = "\u{ffff}\u{fffe}\0\u{7f}\"\\é\u{200b}😀";
        record.kinesis.partition_key = key.into();
        let message = Quarantined::new(&record, key).message().unwrap();
        assert!(message.is_ascii(), "{message}");
        let message: Value = serde_json::from_str(&message).unwrap();
        assert_eq!(message["partitionKey"], key);
        assert_eq!(message["reason"], key);
    }

    /// A long text of one character.
    fn text() -> impl Strategy<Value = String> {
        (any::<char>(), 0..50_000_usize).prop_map(|(character, times)| character.to_string().repeat(times))
    }

    proptest! {
        #[test]
        fn every_message_fits_into_a_queue(
            [reason, arn, id, number, key] in [text(), text(), text(), text(), text()],
            byte: u8,
            length in prop_oneof![0..1000_usize, Just(10 * 1024 * 1024)],
        ) {
            let mut record = record();
            record.event_source_arn = Some(arn);
            record.event_id = Some(id);
            record.kinesis.sequence_number = number;
            record.kinesis.partition_key = key;
            record.kinesis.data.0 = vec![byte; length];
            let message = Quarantined::new(&record, &reason).message().unwrap();
            prop_assert!(message.len() <= MAX_MESSAGE_BYTES, "{}", message.len());
            // What JSON leaves as it is of ASCII is what SQS takes.
            prop_assert!(message.bytes().all(|byte| (b' '..=0x7f).contains(&byte)));
        }
    }
}
