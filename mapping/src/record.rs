//! A record of the stream, and the event that Lambda makes of a batch.

use std::time::SystemTime;

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use tokio::time::Instant;

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Rises along the shard.
    pub sequence_number: String,
    /// By which Kinesis chooses the shard, and the mapping the lane.
    pub partition_key: String,
    /// What the record holds.
    pub data: Vec<u8>,
    /// When the stream got it.
    pub arrived: Instant,
}

impl Record {
    /// When the stream got it, by the clock on the wall.
    #[must_use]
    pub fn arrived_at(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_sub(self.arrived.elapsed()).unwrap_or(now)
    }

    /// How many bytes it takes in an event, about: its data in base64, its key, and what is said of it.
    pub(crate) fn bytes_in_event(&self) -> usize {
        const ABOUT: usize = 600;
        self.data.len().div_ceil(3) * 4 + self.partition_key.len() + ABOUT
    }
}

/// The event with which the function is invoked for a batch of a shard's records.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html>.
#[must_use]
pub fn event(stream_arn: &str, shard: &str, batch: &[Record]) -> KinesisEvent {
    let region = stream_arn.split(':').nth(3);
    let to_event = |record: &Record| {
        let mut event = KinesisEventRecord::default();
        event.event_id = Some(format!("{shard}:{}", record.sequence_number));
        event.event_name = Some("aws:kinesis:record".to_owned());
        event.event_source = Some("aws:kinesis".to_owned());
        event.event_source_arn = Some(stream_arn.to_owned());
        event.event_version = Some("1.0".to_owned());
        event.aws_region = region.map(str::to_owned);
        event.kinesis.kinesis_schema_version = Some("1.0".to_owned());
        event.kinesis.approximate_arrival_timestamp.0 = record.arrived_at().into();
        event.kinesis.sequence_number.clone_from(&record.sequence_number);
        event.kinesis.partition_key.clone_from(&record.partition_key);
        event.kinesis.data.0.clone_from(&record.data);
        event
    };
    let mut event = KinesisEvent::default();
    event.records = batch.iter().map(to_event).collect();
    event
}
