//! A record of the stream, and the event that delivers a batch.

use std::time::SystemTime;

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use serde_json::Value;
use tokio::time::Instant;

/// A record of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's sequence number, which increases along the shard.
    pub sequence_number: String,
    /// The producer's key: Kinesis picks the shard by it, and the mapping keeps its records in order.
    pub partition_key: String,
    /// The raw bytes.
    pub data: Vec<u8>,
    /// The time of arrival on the stream.
    pub arrived: Instant,
}

impl Record {
    /// The time of arrival on the stream, by the system clock.
    #[must_use]
    pub fn arrived_at(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_sub(self.arrived.elapsed()).unwrap_or(now)
    }

    /// The approximate size in an event, in bytes: the data in base64, the partition key and the metadata.
    pub(crate) fn bytes_in_event(&self) -> usize {
        const METADATA: usize = 600;
        self.data.len().div_ceil(3) * 4 + self.partition_key.len() + METADATA
    }
}

/// The event that delivers a batch of a shard's records to the function.
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

/// Encodes the event as Lambda does: times are numbers of seconds, where `aws_lambda_events` writes strings.
///
/// # Errors
/// If the event cannot be encoded as JSON.
pub fn payload(event: &KinesisEvent) -> serde_json::Result<Vec<u8>> {
    let mut event = serde_json::to_value(event)?;
    let records = event.get_mut("Records").and_then(Value::as_array_mut).into_iter().flatten();
    for time in records.filter_map(|record| record.pointer_mut("/kinesis/approximateArrivalTimestamp")) {
        *time = time.as_str().and_then(|seconds| seconds.parse::<f64>().ok()).into();
    }
    serde_json::to_vec(&event)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_event_has_the_fields_that_lambda_gives_each_record() {
        let record = |number: &str, data: &[u8]| Record {
            sequence_number: number.to_owned(),
            partition_key: format!("key {number}"),
            data: data.to_vec(),
            arrived: Instant::now(),
        };
        let batch = [record("7", b"{}\n"), record("8", &[0xff])];
        let stream = "arn:aws:kinesis:eu-west-1:123456789012:stream/likes";
        let payload = payload(&event(stream, "shardId-000000000003", &batch)).unwrap();
        let event: Value = serde_json::from_slice(&payload).unwrap();
        let records = event["Records"].as_array().unwrap();
        assert_eq!(records.len(), 2);
        for (record, number, data) in [(&records[0], "7", "e30K"), (&records[1], "8", "/w==")] {
            assert_eq!(record["eventID"], format!("shardId-000000000003:{number}"));
            assert_eq!(record["eventSourceARN"], stream);
            assert_eq!([&record["eventSource"], &record["awsRegion"]], ["aws:kinesis", "eu-west-1"]);
            let kinesis = &record["kinesis"];
            assert_eq!([&kinesis["sequenceNumber"], &kinesis["data"]], [number, data]);
            assert_eq!(kinesis["partitionKey"], format!("key {number}"));
            let arrived = Duration::from_secs_f64(kinesis["approximateArrivalTimestamp"].as_f64().unwrap());
            let age = SystemTime::UNIX_EPOCH.elapsed().unwrap().abs_diff(arrived);
            assert!(age < Duration::from_mins(1), "{age:?}");
        }
    }
}
