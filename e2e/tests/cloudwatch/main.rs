//! `CloudWatch` has the metrics of the local stack, in numbers that agree with what was done. These tests are alone, since
//! they compare sums before and after, and skip AWS, where others use the stack and metrics take minutes.

#![cfg(test)]

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::{
    primitives::DateTime,
    types::{Dimension, Statistic},
};
use e2e::{Stack, new_key, new_movie, stays};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

const LIKES: u16 = 50;

/// Longer than it takes to count and archive a like, and to extract metrics.
const SETTLED: Duration = Duration::from_secs(6);

/// A metric: its namespace, its name, and the dimension with the resource's name.
type Metric<'a> = (&'a str, &'a str, (&'a str, &'a str));

struct Metrics {
    client: aws_sdk_cloudwatch::Client,
    /// A whole hour, as `CloudWatch` aligns periods.
    start: i64,
}

impl Metrics {
    async fn of(stack: &Stack) -> Self {
        let now = DateTime::from(SystemTime::now()).secs();
        let client = aws_sdk_cloudwatch::Client::new(&stack.outputs.sdk_config().await);
        Self { client, start: now - now % 3600 - 3600 }
    }

    /// The sum of a metric's values.
    async fn sum(&self, (namespace, name, (dimension, resource)): Metric<'_>) -> f64 {
        let statistics = self
            .client
            .get_metric_statistics()
            .namespace(namespace)
            .metric_name(name)
            .dimensions(Dimension::builder().name(dimension).value(resource).build())
            .start_time(DateTime::from_secs(self.start))
            .end_time(DateTime::from_secs(self.start + 3 * 3600))
            .period(3600)
            .statistics(Statistic::Sum);
        let found = statistics.send().await.expect("statistics are read").datapoints.unwrap_or_default();
        found.iter().filter_map(aws_sdk_cloudwatch::types::Datapoint::sum).sum()
    }

    async fn sums(&self, metrics: &[Metric<'_>]) -> Vec<f64> {
        stream::iter(metrics).then(|metric| self.sum(*metric)).collect().await
    }

    /// The same, when what other tests did is in them.
    async fn settled(&self, metrics: &[Metric<'_>]) -> Vec<f64> {
        loop {
            let sums = self.sums(metrics).await;
            sleep(SETTLED).await;
            if self.sums(metrics).await == sums {
                return sums;
            }
        }
    }
}

#[tokio::test]
async fn each_like_is_in_the_metrics_of_all_that_it_passes_once() {
    let stack = Stack::find().await;
    if stack.outputs.endpoint_url.is_none() {
        return;
    }
    let metrics = Metrics::of(&stack).await;
    let outputs = &stack.outputs;
    let api = outputs.invoke_url.split('/').nth(4).expect("the URL has the API's id");
    let (ingest, update) = (outputs.ingest_function.as_str(), outputs.update_function.as_str());
    let of_stream = ("StreamName", outputs.stream_name.as_str());
    let of_delivery = ("DeliveryStreamName", outputs.delivery_stream.as_str());
    let names = [
        ("AWS/ApiGateway", "Count", ("ApiName", api)),
        ("AWS/Lambda", "Invocations", ("FunctionName", ingest)),
        ("Likestream", "Accepted", ("FunctionName", ingest)),
        ("AWS/Kinesis", "IncomingRecords", of_stream),
        ("Likestream", "Counted", ("FunctionName", update)),
        ("AWS/Firehose", "DataReadFromKinesisStream.Records", of_delivery),
        ("AWS/Firehose", "DeliveryToS3.Records", of_delivery),
    ];
    let before = metrics.settled(&names).await;

    let movie = new_movie();
    let like = json!({"movieId": movie});
    stream::iter(0..LIKES)
        .map(|_| stack.api.like(&like, new_key()))
        .buffer_unordered(8)
        .collect::<Vec<_>>()
        .await;

    let expected: Vec<_> = before.iter().map(|sum| sum + f64::from(LIKES)).collect();
    stays(async || metrics.sums(&names).await, expected).await;
}
