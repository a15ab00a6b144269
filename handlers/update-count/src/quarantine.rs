//! Converts a record of a batch into a quarantined record.

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use quarantine::{QuarantinedRecord, Source};

/// The quarantined record for `record`, with the reason.
pub(crate) fn quarantined(record: &KinesisEventRecord, reason: &str) -> QuarantinedRecord {
    let source = Source {
        stream_arn: record.event_source_arn.as_deref(),
        shard_id: shard_id(record),
        sequence_number: &record.kinesis.sequence_number,
        partition_key: &record.kinesis.partition_key,
        data: record.kinesis.data.0.as_slice(),
    };
    QuarantinedRecord::new(source, reason)
}

/// The id of the record's shard. The id of its event consists of that, a colon and the sequence number.
pub(crate) fn shard_id(record: &KinesisEventRecord) -> &str {
    record.event_id.as_deref().and_then(|id| id.split(':').next()).unwrap_or_default()
}

/// The number in a shard's id, such as 6 in `shardId-000000000006`; 0 if it has none.
pub(crate) fn shard_number(shard_id: &str) -> u64 {
    shard_id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::kinesis::KinesisEvent;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_shards_number_is_in_its_id() {
        assert_eq!(["shardId-000000000006", "shardId-000000000106", ""].map(shard_number), [6, 106, 0]);
    }

    #[test]
    fn a_quarantined_record_has_its_place_on_the_stream() {
        let event: KinesisEvent =
            serde_json::from_str(include_str!("../tests/fixtures/kinesis-event.json")).unwrap();
        assert_eq!(
            serde_json::to_value(quarantined(&event.records[1], "why")).unwrap(),
            json!({
                "reason": "why",
                "streamArn": "arn:aws:kinesis:eu-west-1:123456789012:stream/likes",
                "shardId": "shardId-000000000006",
                "sequenceNumber": "49590338271490256608559692540925702759324208523137515618",
                "partitionKey": event.records[1].kinesis.partition_key,
                "length": 10,
                "data": "AG1hbGZvcm1lZA==",
            })
        );
    }
}
