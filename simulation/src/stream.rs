//! A Kinesis stream: shards with records in order, which may be split.
//!
//! See <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html>.

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use tokio::time::Instant;

/// A record of the stream.
#[derive(Debug, Clone)]
pub struct Record {
    /// Rises along the stream; a copy that the producer makes has a number of its own.
    pub sequence_number: u64,
    /// By which Kinesis chooses the shard.
    pub partition_key: String,
    /// What the record holds.
    pub data: Vec<u8>,
    /// When the stream got it.
    pub arrived: Instant,
}

/// A shard and those that it was split into.
#[derive(Debug, Clone, Default)]
pub struct Shard {
    /// Its records, in order.
    pub records: Vec<Record>,
    /// The shards that took over from it. Their records are delivered when all of its own are done.
    pub children: Vec<Shard>,
}

impl Record {
    /// The record as Lambda delivers it.
    pub(crate) fn to_event(&self) -> KinesisEventRecord {
        let mut event = KinesisEventRecord::default();
        event.event_id = Some(format!("shardId-000000000000:{}", self.sequence_number));
        event.kinesis.sequence_number = self.sequence_number.to_string();
        event.kinesis.partition_key.clone_from(&self.partition_key);
        event.kinesis.data.0.clone_from(&self.data);
        event
    }
}
