//! What is put on the stream.

use like::LikeEvent;

/// A record: its bytes, and the partition key that determines its shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The partition key.
    pub partition_key: String,
    /// The bytes, which may be anything.
    pub data: Vec<u8>,
}

impl Record {
    /// The record of a like. Its partition key is the like's id, which spreads even the likes of one movie over all shards.
    ///
    /// # Errors
    /// None of the fields can fail to serialize; the signature is `serde_json`'s.
    pub fn of(event: &LikeEvent) -> Result<Self, serde_json::Error> {
        Ok(Self { partition_key: event.like_id.to_string(), data: event.encode()? })
    }

    /// How much it takes of a request.
    pub(crate) fn bytes(&self) -> usize {
        self.partition_key.len() + self.data.len()
    }
}
