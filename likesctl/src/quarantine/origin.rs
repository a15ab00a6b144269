//! Which records a message is about, without their bytes.

use std::fmt;

use serde::Serialize;

use super::message::{Discarded, Message};
use crate::{plural::plural, printable::Printable};

/// Where the records of a message were on the stream.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(super) enum Origin {
    Record {
        shard_id: String,
        sequence_number: String,
        partition_key: String,
    },
    /// Records that Lambda discarded.
    Range {
        shard_id: String,
        sequence_number: String,
        end_sequence_number: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        records: Option<u64>,
    },
    Unknown {},
}

impl From<&Message> for Origin {
    fn from(message: &Message) -> Self {
        match message {
            Message::Record(record) => Self::Record {
                shard_id: record.shard_id.clone(),
                sequence_number: record.sequence_number.clone(),
                partition_key: record.partition_key.clone(),
            },
            Message::Discarded(Discarded { batch, .. }) => Self::Range {
                shard_id: batch.shard_id.clone(),
                sequence_number: batch.start_sequence_number.clone(),
                end_sequence_number: batch.end_sequence_number.clone(),
                records: batch.batch_size,
            },
            Message::Other(_) => Self::Unknown {},
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record { shard_id, sequence_number, partition_key } => {
                let [shard, number, key] =
                    [shard_id, sequence_number, partition_key].map(|text| Printable(text));
                write!(f, "{shard}, sequence number {number}, partition key {key}")
            }
            Self::Range { shard_id, sequence_number, end_sequence_number, records } => {
                let [shard, start, end] =
                    [shard_id, sequence_number, end_sequence_number].map(|text| Printable(text));
                write!(f, "{shard}, sequence numbers {start} to {end}")?;
                records.map_or(Ok(()), |records| write!(f, ", {}", plural(records, "record")))
            }
            Self::Unknown {} => write!(f, "unknown origin"),
        }
    }
}
