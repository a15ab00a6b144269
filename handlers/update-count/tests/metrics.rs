//! The line of metrics that an invocation writes.

#![cfg(test)]

mod batch;
mod observed;

use std::time::{Duration, SystemTime};

use batch::{batch, like};
use observed::handle;
use serde_json::{Value, json};

/// The sum of a distribution's values, and their number.
fn distribution(line: &Value, metric: &str) -> (f64, u64) {
    let numbers = |member: &str| line[metric][member].as_array().unwrap().clone();
    let counts = numbers("Counts");
    let values = numbers("Values");
    let sum =
        values.iter().zip(&counts).map(|(value, count)| value.as_f64().unwrap() * count.as_f64().unwrap());
    (sum.sum(), counts.iter().map(|count| count.as_u64().unwrap()).sum())
}

#[tokio::test(start_paused = true)]
async fn one_line_has_the_metrics_of_the_batch_and_where_it_is_on_the_stream() {
    let copied = like("m");
    let data = [copied.clone(), copied, like("m"), b"junk".to_vec(), like("malformed"), like("rejected")];
    let mut batch = batch(data);
    for record in &mut batch.records {
        record.event_id = Some(format!("shardId-000000000003:{}", record.kinesis.sequence_number));
        record.kinesis.approximate_arrival_timestamp.0 = (SystemTime::now() - Duration::from_secs(5)).into();
    }
    let (progress, line) = handle(batch).await;

    assert!(progress);
    assert_eq!(
        [&line["RequestId"], &line["ShardId"], &line["FirstSequenceNumber"], &line["LastSequenceNumber"]],
        ["request-7", "shardId-000000000003", "0", "5"]
    );
    let expected = json!({
        "Records": 6, "Counted": 2, "Duplicates": 1, "Quarantined": 2, "Unfinished": 1,
        "Transactions": 3, "CancelledForGood": 1, "Rejected": 1,
    });
    for (metric, number) in expected.as_object().unwrap() {
        assert_eq!(&line[metric], number, "{metric}: {line}");
    }
    // Nothing else happened, and a metric without an event is absent.
    for metric in ["CancelledByDuplicates", "CancelledByContention", "Unacknowledged"] {
        assert_eq!(line[metric], Value::Null, "{line}");
    }
    assert_eq!(distribution(&line, "LikesPerTransaction"), (2.0, 1));
    let (lag, likes) = distribution(&line, "CountingLag");
    assert_eq!(likes, 2);
    assert!((lag / 2.0 - 5000.0).abs() < 1000.0, "{line}");
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    let unit =
        |name: &str| metrics.iter().find(|metric| metric["Name"] == name).map(|metric| &metric["Unit"]);
    assert_eq!(unit("CountingLag").unwrap(), "Milliseconds");
    assert_eq!(unit("Counted").unwrap(), "Count");
    assert_eq!(unit("Records"), None, "is for queries alone");
}
