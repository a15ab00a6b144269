//! A quarantined record.

use std::fmt::Write;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The size limit of a message, in bytes: the lowest that SQS has ever had.
///
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// How many bytes of a record are kept. An event takes less than 1 KiB.
const MAX_DATA_BYTES: usize = 128 * 1024;
/// The number of characters kept of a reason, which may quote the record.
const MAX_REASON: usize = 1024;
/// How many characters of any other text are kept. In Kinesis the longest is a partition key, with up to 256.
const MAX_TEXT: usize = 256;

/// The maximum number of bytes of an escaped character: two escapes of six bytes.
const ESCAPED: usize = 12;
/// The number of texts besides the reason.
const TEXTS: usize = 4;
/// An upper bound for the names, quotes, commas and numbers.
const FRAME: usize = 1024;
const _: () = assert!(
    MAX_DATA_BYTES.div_ceil(3) * 4 + (MAX_REASON + TEXTS * MAX_TEXT) * ESCAPED + FRAME <= MAX_MESSAGE_BYTES
);

/// A record that can never be counted, as the quarantine queue holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuarantinedRecord {
    /// Why the record can never be counted.
    pub reason: String,
    /// The stream that the record was on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_arn: Option<String>,
    /// The shard that the record was on.
    pub shard_id: String,
    /// The record's sequence number in its shard.
    pub sequence_number: String,
    /// The partition key that the producer chose.
    pub partition_key: String,
    /// The record's length in bytes. Only the first 128 KiB are kept.
    pub length: usize,
    /// The raw bytes in base64.
    data: String,
}

/// A record on the stream.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The stream.
    pub stream_arn: Option<&'a str>,
    /// The shard.
    pub shard_id: &'a str,
    /// The record's sequence number in its shard.
    pub sequence_number: &'a str,
    /// The partition key that the producer chose.
    pub partition_key: &'a str,
    /// The raw bytes.
    pub data: &'a [u8],
}

/// The record's bytes cannot be recovered from its message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DataError {
    /// The record did not fit into a message.
    #[error("only the first {0} bytes of the record were kept; the archive has all of it")]
    Truncated(usize),
    /// `UpdateCount` did not write the message.
    #[error("the message's data is not base64")]
    NotBase64(#[from] base64::DecodeError),
}

impl QuarantinedRecord {
    /// What the queue keeps of `record`, which is quarantined for `reason`.
    #[must_use]
    pub fn new(record: Source<'_>, reason: &str) -> Self {
        let data = record.data.get(..MAX_DATA_BYTES).unwrap_or(record.data);
        Self {
            reason: truncate(reason, MAX_REASON),
            stream_arn: record.stream_arn.map(|arn| truncate(arn, MAX_TEXT)),
            shard_id: truncate(record.shard_id, MAX_TEXT),
            sequence_number: truncate(record.sequence_number, MAX_TEXT),
            partition_key: truncate(record.partition_key, MAX_TEXT),
            length: record.data.len(),
            data: STANDARD.encode(data),
        }
    }

    /// The message, as JSON: ASCII only, at most [`MAX_MESSAGE_BYTES`] long.
    ///
    /// # Errors
    /// None of the fields can fail to serialize; the signature is `serde_json`'s.
    pub fn to_message(&self) -> Result<String, serde_json::Error> {
        Ok(escape_non_ascii(&serde_json::to_string(self)?))
    }

    /// All raw bytes of the record.
    ///
    /// # Errors
    /// [`DataError`] if the message does not hold all of them.
    pub fn bytes(&self) -> Result<Vec<u8>, DataError> {
        let bytes = self.kept()?;
        if bytes.len() < self.length { Err(DataError::Truncated(bytes.len())) } else { Ok(bytes) }
    }

    /// The raw bytes that the message holds: all of the record's, or the first 128 KiB.
    ///
    /// # Errors
    /// [`DataError::NotBase64`] if the message does not hold bytes.
    pub fn kept(&self) -> Result<Vec<u8>, DataError> {
        Ok(STANDARD.decode(&self.data)?)
    }
}

/// The first `characters` of a text.
fn truncate(text: &str, characters: usize) -> String {
    text.chars().take(characters).collect()
}

/// Escapes characters that are not ASCII. In JSON they occur only in strings, where `\u` and four digits mean the same.
///
/// SQS rejects some characters:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>.
fn escape_non_ascii(json: &str) -> String {
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
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const RECORD: Source<'_> = Source {
        stream_arn: Some("arn:aws:kinesis:eu-west-1:123456789012:stream/likes"),
        shard_id: "shardId-000000000006",
        sequence_number: "49590338271490256608559692538361571095921575989136588898",
        partition_key: "01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
        data: b"\xff\0",
    };

    #[test]
    fn holds_the_reason_the_source_and_the_raw_bytes() {
        assert_eq!(
            serde_json::to_value(QuarantinedRecord::new(RECORD, "not JSON")).unwrap(),
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
    fn a_large_record_is_truncated_and_its_bytes_are_an_error() {
        // Kinesis takes records of up to 10 MiB.
        let data: Vec<u8> = (0..10 * 1024 * 1024_u32).map(|number| number.to_be_bytes()[2]).collect();
        let record = QuarantinedRecord::new(Source { data: &data, ..RECORD }, "why");
        let message: Value = serde_json::from_str(&record.to_message().unwrap()).unwrap();
        assert_eq!(message["length"], 10_485_760);
        assert_eq!(STANDARD.decode(message["data"].as_str().unwrap()).unwrap(), data[..128 * 1024]);
        assert_eq!(record.bytes(), Err(DataError::Truncated(128 * 1024)));
    }

    #[test]
    fn a_long_text_is_truncated() {
        let partition_key = "é".repeat(300);
        let source = Source { partition_key: &partition_key, ..RECORD };
        let record = QuarantinedRecord::new(source, &"é".repeat(2000));
        assert_eq!(record.reason, "é".repeat(1024));
        assert_eq!(record.partition_key, "é".repeat(256));
    }

    #[test]
    fn data_that_is_not_base64_is_an_error() {
        let record = QuarantinedRecord { data: "!".into(), ..QuarantinedRecord::new(RECORD, "why") };
        assert!(matches!(record.bytes(), Err(DataError::NotBase64(_))));
    }

    /// Ordinary texts, unusual characters, or one character many times.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            Just("\u{ffff}\u{fffe}\0\u{7f}\"\\é\u{200b}😀".to_owned()),
            (any::<char>(), 0..50_000_usize)
                .prop_map(|(character, times)| character.to_string().repeat(times)),
        ]
    }

    proptest! {
        #[test]
        fn a_message_is_read_back_as_it_was_written(
            [reason, arn, id, number, key] in [text(), text(), text(), text(), text()],
            has_arn: bool,
            data: Vec<u8>,
        ) {
            let source = Source {
                stream_arn: has_arn.then_some(&arn),
                shard_id: &id,
                sequence_number: &number,
                partition_key: &key,
                data: &data,
            };
            let record = QuarantinedRecord::new(source, &reason);
            let read: QuarantinedRecord = serde_json::from_str(&record.to_message().unwrap()).unwrap();
            prop_assert_eq!(&read, &record);
            prop_assert_eq!(read.bytes().unwrap(), data);
            prop_assert!(key.starts_with(&read.partition_key) && reason.starts_with(&read.reason));
        }

        #[test]
        fn every_message_fits_into_a_queue(
            [reason, arn, id, number, key] in [text(), text(), text(), text(), text()],
            byte: u8,
            length in prop_oneof![0..1000_usize, Just(10 * 1024 * 1024)],
        ) {
            let data = vec![byte; length];
            let source = Source {
                stream_arn: Some(&arn),
                shard_id: &id,
                sequence_number: &number,
                partition_key: &key,
                data: &data,
            };
            let message = QuarantinedRecord::new(source, &reason).to_message().unwrap();
            prop_assert!(message.len() <= MAX_MESSAGE_BYTES, "{}", message.len());
            // SQS accepts every ASCII character that JSON leaves unescaped.
            prop_assert!(message.bytes().all(|byte| (b' '..=0x7f).contains(&byte)));
        }
    }
}
