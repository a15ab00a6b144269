use futures::future::pending;
use serde_json::json;
use stack::Outputs;

use super::*;
use crate::top::{
    alarms::Alarm,
    errors::LogError,
    log_line::Level,
    metric::{Metric, Unit},
    metrics::tests::metrics,
};

pub(in crate::top) const NOW: Timestamp = Timestamp::constant(1_795_530_902, 0);

/// The outputs of a stack on AWS, with their own names as their values.
pub(in crate::top) fn outputs() -> Outputs {
    let outputs = json!({
        "invokeUrl": "invokeUrl", "likesUrl": "likesUrl", "region": "eu-west-1", "streamName": "streamName",
        "countsTable": "countsTable", "ledgerTable": "ledgerTable", "archiveBucket": "archiveBucket",
        "quarantineQueueUrl": "https://sqs/quarantine", "deliveryStream": "deliveryStream",
        "ingestFunction": "ingestFunction", "updateFunction": "updateFunction", "getFunction": "getFunction",
        "apiId": "apiId", "apiName": "apiName", "alarmNames": ["late", "full"],
    });
    serde_json::from_value(outputs).unwrap()
}

pub(in crate::top) fn window() -> Window {
    Window::until(NOW, 60)
}

/// A value for each of the last minutes but the very last, which grows: the metrics come late. Nothing fails.
fn growing(metric: &Metric) -> Vec<(i64, f64)> {
    let value = |minute: i64| match metric.unit {
        Unit::PerSecond => 60 * minute,
        Unit::Milliseconds => 10 * minute,
        Unit::Seconds => minute,
        Unit::Events => 0,
    };
    #[allow(clippy::cast_precision_loss, reason = "the numbers are small")]
    (10..29).map(|minute| (60 * minute, value(minute) as f64)).collect()
}

/// A stack on which all is well.
pub(in crate::top) fn healthy() -> Sample {
    Sample {
        at: NOW,
        window: window(),
        metrics: Ok(metrics(growing)),
        stream: Ok(Stream { status: "ACTIVE".into(), open_shards: 4 }),
        mapping: Ok(Mapping::Lambda("Enabled".into())),
        quarantine: Ok(Quarantine { messages: 0, in_flight: 0 }),
        newest: Ok(Some(NOW - jiff::SignedDuration::from_secs(42))),
        alarms: Ok(Alarms { number: 2, on: vec![] }),
        errors: Ok(Errors { since: window().start(), complete: true, latest: vec![] }),
    }
}

/// A stack that has stopped to count, with an alarm, an error and messages in quarantine.
pub(in crate::top) fn stalled() -> Sample {
    let stopped = |metric: &Metric| match metric.key {
        "countedPerSecond" => vec![(0, 600.0), (60, 0.0)],
        "unfinished" => vec![(60, 7.0)],
        "iteratorAgeMilliseconds" => vec![(29 * 60, 1_680_000.0)],
        "oldestMessageSeconds" => vec![(29 * 60, 7_200.0)],
        _ => vec![],
    };
    let ago = |minutes| NOW - jiff::SignedDuration::from_mins(minutes);
    let alarm = Alarm {
        name: "likes-prod-counting-late".into(),
        description: "Likes are being counted more than five minutes late".into(),
        since: Some(ago(20)),
    };
    let error = LogError {
        at: ago(3),
        function: "UpdateCount",
        level: Level::Warning,
        message: "transactions failed".into(),
        details: "movie=tt1\u{1b}[2J attempts=9".into(),
    };
    Sample {
        metrics: Ok(metrics(stopped)),
        mapping: Ok(Mapping::Lambda("Disabled".into())),
        quarantine: Ok(Quarantine { messages: 2, in_flight: 1 }),
        newest: Ok(None),
        alarms: Ok(Alarms { number: 2, on: vec![alarm] }),
        errors: Ok(Errors { latest: vec![error], complete: false, ..healthy().errors.unwrap() }),
        ..healthy()
    }
}

/// A stack of which some may not be read.
pub(in crate::top) fn denied() -> Sample {
    let denied =
        |operation: &str| Unread::Unknown(format!("AccessDenied: not authorized to perform: {operation}"));
    Sample {
        metrics: Err(denied("cloudwatch:GetMetricData")),
        stream: Err(denied("kinesis:DescribeStreamSummary")),
        alarms: Err(denied("cloudwatch:DescribeAlarms")),
        ..healthy()
    }
}

#[test]
fn what_is_not_read_is_named_with_its_reason() {
    let named = |sample: Sample| {
        let unread = sample.unread().into_iter();
        unread.map(|(source, why)| format!("{source} {why}")).collect::<Vec<_>>()
    };
    let expected = [
        "metrics AccessDenied: not authorized to perform: cloudwatch:GetMetricData",
        "stream AccessDenied: not authorized to perform: kinesis:DescribeStreamSummary",
        "alarms AccessDenied: not authorized to perform: cloudwatch:DescribeAlarms",
    ];
    assert_eq!(named(denied()), expected);
    assert_eq!(named(stalled()), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_does_not_answer_is_not_waited_for() {
    let late = in_time(pending::<Result<(), _>>()).await;
    assert_eq!(late, Err(Unread::Unknown("no answer within 20 seconds".into())));
}
