//! The message about discarded records.

use std::time::SystemTime;

use jiff::Timestamp;
use mapping::{Condition, Discarded, Record};
use serde_json::{Value, json};
use uuid::Uuid;

/// The message that Lambda sends to an on-failure destination.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
pub(crate) fn message(discarded: Discarded<'_>, stream_arn: &str, function_arn: &str) -> Value {
    let Discarded { shard, records, condition, invocations } = discarded;
    let number = |record: Option<&Record>| record.map(|record| record.sequence_number.clone());
    let arrival = |record: Option<&Record>| record.map(|record| time(record.arrived_at()));
    json!({
        "requestContext": {
            "requestId": Uuid::now_v7().to_string(),
            "functionArn": function_arn,
            "condition": match condition {
                Condition::RetryAttemptsExhausted => "RetryAttemptsExhausted",
                Condition::RecordAgeExceeded => "RecordAgeExceeded",
            },
            "approximateInvokeCount": invocations,
        },
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "version": "1.0",
        "timestamp": time(SystemTime::now()),
        "KinesisBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": number(records.first()),
            "endSequenceNumber": number(records.last()),
            "approximateArrivalOfFirstRecord": arrival(records.first()),
            "approximateArrivalOfLastRecord": arrival(records.last()),
            "batchSize": records.len(),
            "streamArn": stream_arn,
        },
    })
}

fn time(time: SystemTime) -> Option<String> {
    Timestamp::try_from(time).ok().map(|time| format!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn the_message_identifies_the_records() {
        let record = |number: &str| Record {
            sequence_number: number.to_owned(),
            partition_key: "k".to_owned(),
            data: vec![],
            arrived: Instant::now(),
        };
        let records = ["3", "4", "7"].map(record);
        let condition = Condition::RecordAgeExceeded;
        let message = message(
            Discarded { shard: "shardId-000000000001", records: &records, condition, invocations: 5 },
            "arn:stream",
            "arn:function",
        );
        assert_eq!(message["requestContext"]["condition"], "RecordAgeExceeded");
        assert_eq!(message["requestContext"]["functionArn"], "arn:function");
        assert_eq!(message["requestContext"]["approximateInvokeCount"], 5);
        let batch = &message["KinesisBatchInfo"];
        assert_eq!([&batch["startSequenceNumber"], &batch["endSequenceNumber"]], ["3", "7"]);
        assert_eq!([&batch["shardId"], &batch["streamArn"]], ["shardId-000000000001", "arn:stream"]);
        assert_eq!(batch["batchSize"], 3);
        let arrival: Timestamp = batch["approximateArrivalOfLastRecord"].as_str().unwrap().parse().unwrap();
        assert!(Timestamp::now().duration_since(arrival).as_secs() < 60);
    }
}
