use aws_sdk_cloudwatch::types::MessageData;

use super::*;
use crate::top::sample::tests::{outputs, window};

/// The values of a metric, by the start of their periods in seconds since the window's start.
fn result(index: usize, values: &[(i64, f64)]) -> MetricDataResult {
    let start = window().start().as_second();
    let times = values.iter().map(|(second, _)| DateTime::from_secs(start + second)).collect();
    let values = values.iter().map(|(_, value)| *value).collect();
    let result = MetricDataResult::builder().id(id(index)).status_code(StatusCode::Complete);
    result.set_timestamps(Some(times)).set_values(Some(values)).build()
}

/// The metrics of such an answer: a value of a minute for each, as the rest is no data.
pub(in crate::top) fn metrics(values: impl Fn(&Metric) -> Vec<(i64, f64)>) -> Metrics {
    let results: Vec<_> =
        METRICS.iter().enumerate().map(|(index, metric)| result(index, &values(metric))).collect();
    Metrics::of(&outputs(), window(), &results)
}

fn number(key: &str) -> usize {
    METRICS.iter().position(|metric| metric.key == key).unwrap()
}

#[test]
fn a_metric_has_its_dimension_and_statistic_and_the_period() {
    let queries = queries(&outputs(), window());
    let of = |key| {
        let id = id(number(key));
        let query = queries.iter().find(|query| query.id() == Some(&id)).unwrap();
        let stat = query.metric_stat().unwrap();
        let metric = stat.metric().unwrap();
        let [dimension] = metric.dimensions() else { panic!("{metric:?}") };
        let [name, value] = [dimension.name().unwrap(), dimension.value().unwrap()];
        let text = [metric.namespace().unwrap(), metric.metric_name().unwrap(), name, value];
        (text.join(" "), stat.stat().unwrap().to_owned(), stat.period().unwrap())
    };
    let expected = |text: &str, stat: &str| (text.to_owned(), stat.to_owned(), 60);
    for (key, text, stat) in [
        ("acceptedPerSecond", "Likestream Accepted FunctionName ingestFunction", "Sum"),
        ("requestsPerSecond", "AWS/ApiGateway Count ApiName apiName", "Sum"),
        ("throttled", "Likestream Throttled ApiId apiId", "Sum"),
        ("latencyP99Milliseconds", "AWS/ApiGateway Latency ApiName apiName", "p99"),
        ("recordsInPerSecond", "AWS/Kinesis IncomingRecords StreamName streamName", "Sum"),
        ("lagP50Milliseconds", "Likestream CountingLag FunctionName updateFunction", "p50"),
        ("iteratorAgeMilliseconds", "AWS/Lambda IteratorAge FunctionName updateFunction", "Maximum"),
        (
            "freshnessSeconds",
            "AWS/Firehose DeliveryToS3.DataFreshness DeliveryStreamName deliveryStream",
            "Maximum",
        ),
        ("oldestMessageSeconds", "AWS/SQS ApproximateAgeOfOldestMessage QueueName quarantine", "Maximum"),
    ] {
        assert_eq!(of(key), expected(text, stat), "{key}");
    }
    assert_eq!(queries.len(), METRICS.len());
}

#[test]
fn a_stack_whose_outputs_do_not_name_the_api_lacks_its_metrics_only() {
    let mut outputs = outputs();
    outputs.api_name = None;
    assert_eq!(queries(&outputs, window()).len(), METRICS.len() - 5);
    let metrics = Metrics::of(&outputs, window(), &[result(number("countedPerSecond"), &[(0, 60.0)])]);
    let unread = metrics.iter().filter(|(_, series)| series.is_err()).count();
    assert_eq!(unread, 5);
    assert_eq!(metrics.series(number("countedPerSecond")).unwrap().values()[0], Some(1.0));
}

#[test]
fn values_are_put_into_their_periods_whatever_their_order_and_page() {
    let accepted = number("acceptedPerSecond");
    let pages = [
        result(accepted, &[(60, 120.0), (0, 60.0)]),
        result(accepted, &[(180, 0.0)]),
        result(number("serverErrors"), &[(0, 3.0)]),
    ];
    let metrics = Metrics::of(&outputs(), window(), &pages);
    let first = |key| metrics.series(number(key)).unwrap().values()[..4].to_vec();
    assert_eq!(first("acceptedPerSecond"), [Some(1.0), Some(2.0), None, Some(0.0)]);
    assert_eq!(first("serverErrors"), [Some(3.0), None, None, None]);
    assert_eq!(first("countedPerSecond"), [None; 4]);
}

#[test]
fn a_metric_that_cloudwatch_has_not_read_has_the_reason() {
    let message = MessageData::builder().code("Forbidden").value("not allowed").build();
    let failed = MetricDataResult::builder().id(id(0)).status_code(StatusCode::Forbidden).messages(message);
    let metrics = Metrics::of(&outputs(), window(), &[failed.build(), result(1, &[])]);
    let unread: Vec<_> = metrics.iter().map(|(_, series)| series.as_ref().err()).take(2).collect();
    assert_eq!(unread, [Some(&Unread::Unknown("Forbidden: not allowed".into())), None]);
}

#[tokio::test]
async fn one_call_asks_for_all_metrics_of_the_window() {
    let request = request(&Services::of(outputs()).await, window());
    let input = request.as_input();
    assert_eq!(input.get_start_time(), &Some(DateTime::from_secs(window().start().as_second())));
    assert_eq!(input.get_end_time(), &Some(DateTime::from_secs(window().end().as_second())));
    assert_eq!(input.get_metric_data_queries(), &Some(queries(&outputs(), window())));
}
