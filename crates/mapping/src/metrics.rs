//! Metrics in `CloudWatch`'s embedded metric format, on standard output: the local stack's process `metrics` puts them into
//! the emulator.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// The unit of a metric, as `CloudWatch` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// An amount of data.
    Bytes,
    /// A time.
    Milliseconds,
    /// A time.
    Seconds,
}

/// A metric's name, value and unit.
pub type Metric = (&'static str, u64, Unit);

/// Writes a line with metrics of a resource, which the dimension names.
#[expect(clippy::print_stdout, reason = "standard output is the log")]
pub fn write(namespace: &str, dimension: (&str, &str), metrics: &[Metric]) {
    println!("{}", line(namespace, dimension, metrics, Timestamp::now()));
}

fn line(namespace: &str, (dimension, resource): (&str, &str), metrics: &[Metric], now: Timestamp) -> Value {
    let declared: Vec<_> =
        metrics.iter().map(|(name, _, unit)| json!({"Name": name, "Unit": format!("{unit:?}")})).collect();
    let directive = json!({"Namespace": namespace, "Dimensions": [[dimension]], "Metrics": declared});
    let mut line = Map::new();
    let aws = json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [directive]});
    line.insert("_aws".to_owned(), aws);
    line.insert(dimension.to_owned(), resource.into());
    line.extend(metrics.iter().map(|(name, value, _)| ((*name).to_owned(), Value::from(*value))));
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_metrics_of_a_resource_in_cloudwatchs_format() {
        let now = "2026-11-24T10:00:00.5Z".parse().unwrap();
        let metrics = [("Read", 3, Unit::Count), ("Age", 7, Unit::Seconds)];
        assert_eq!(
            line("AWS/Firehose", ("DeliveryStreamName", "likes"), &metrics, now),
            json!({
                "_aws": {
                    "Timestamp": 1_795_514_400_500_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "AWS/Firehose",
                        "Dimensions": [["DeliveryStreamName"]],
                        "Metrics": [{"Name": "Read", "Unit": "Count"}, {"Name": "Age", "Unit": "Seconds"}],
                    }],
                },
                "DeliveryStreamName": "likes",
                "Read": 3,
                "Age": 7,
            })
        );
    }
}
