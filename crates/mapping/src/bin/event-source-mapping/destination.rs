//! What the destination is told of records that are given up.

use std::time::SystemTime;

use jiff::Timestamp;
use mapping::{Condition, GivenUp, Record};
use serde_json::{Value, json};
use uuid::Uuid;

/// The message that AWS sends:
/// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
pub(crate) fn message(given_up: GivenUp<'_>, stream_arn: &str, function_arn: &str) -> Value {
    let GivenUp { shard, records, condition, invocations } = given_up;
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
    fn the_message_says_where_the_records_were() {
        let record = |number: &str| Record {
            sequence_number: number.to_owned(),
            partition_key: "k".to_owned(),
            data: vec![],
            arrived: Instant::now(),
        };
        let records = ["3", "4", "7"].map(record);
        let condition = Condition::RecordAgeExceeded;
        let told = message(
            GivenUp { shard: "shardId-000000000001", records: &records, condition, invocations: 5 },
            "arn:stream",
            "arn:function",
        );
        assert_eq!(told["requestContext"]["condition"], "RecordAgeExceeded");
        assert_eq!(told["requestContext"]["functionArn"], "arn:function");
        assert_eq!(told["requestContext"]["approximateInvokeCount"], 5);
        let batch = &told["KinesisBatchInfo"];
        assert_eq!([&batch["startSequenceNumber"], &batch["endSequenceNumber"]], ["3", "7"]);
        assert_eq!([&batch["shardId"], &batch["streamArn"]], ["shardId-000000000001", "arn:stream"]);
        assert_eq!(batch["batchSize"], 3);
        let arrival: Timestamp = batch["approximateArrivalOfLastRecord"].as_str().unwrap().parse().unwrap();
        assert!(Timestamp::now().duration_since(arrival).as_secs() < 60);
    }
}
