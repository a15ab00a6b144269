//! The metrics that are shown, with the names and dimensions that `pulumi/metrics.ts` documents.

use stack::Outputs;

/// The functions' own namespace.
const OWN: &str = "Likestream";
const API: &str = "AWS/ApiGateway";
const LAMBDA: &str = "AWS/Lambda";
const KINESIS: &str = "AWS/Kinesis";
const FIREHOSE: &str = "AWS/Firehose";

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Events a second, from the sum of a period.
    PerSecond,
    /// Events in a period.
    Events,
    Milliseconds,
    Seconds,
}

/// The part of the pipeline that a metric is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Api,
    Stream,
    Counting,
    Archive,
    Quarantine,
}

/// A dimension, by the output that has its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    ApiName,
    ApiId,
    Ingest,
    Update,
    Get,
    Stream,
    Delivery,
    Queue,
}

/// A metric of the stack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Metric {
    pub part: Part,
    /// Its name on the screen.
    pub label: &'static str,
    /// Its name in JSON, with the unit.
    pub key: &'static str,
    pub unit: Unit,
    pub namespace: &'static str,
    pub name: &'static str,
    pub stat: &'static str,
    of: Of,
    /// The highest value that is no sign of a fault.
    pub limit: f64,
}

/// A count of faults: one is too many.
const NONE: f64 = 0.0;
const ANY: f64 = f64::INFINITY;
/// The thresholds of the alarms `api-slow`, `counting-late`, `archive-late` and `archive-behind`: `pulumi/watches.ts`.
const SLOW_MS: f64 = 3000.0;
const LATE_MS: f64 = 300_000.0;
const ARCHIVE_LATE_SECONDS: f64 = 1800.0;
const ARCHIVE_BEHIND_MS: f64 = 1_800_000.0;

/// A row of the table below.
const fn metric(
    (part, label, key): (Part, &'static str, &'static str),
    (unit, limit): (Unit, f64),
    (namespace, name, of, stat): (&'static str, &'static str, Of, &'static str),
) -> Metric {
    Metric { part, label, key, unit, namespace, name, stat, of, limit }
}

/// All metrics; those of a part in the order of their importance. Each costs money whenever it is read:
/// <https://aws.amazon.com/cloudwatch/pricing/>.
#[rustfmt::skip]
pub(super) const METRICS: [Metric; 24] = {
    use Part::{Api, Archive, Counting, Quarantine, Stream};
    use Unit::{Events, Milliseconds, PerSecond, Seconds};
    [
        metric((Api, "accepted", "acceptedPerSecond"), (PerSecond, ANY), (OWN, "Accepted", Of::Ingest, "Sum")),
        metric((Api, "requests", "requestsPerSecond"), (PerSecond, ANY), (API, "Count", Of::ApiName, "Sum")),
        metric((Api, "latency p99", "latencyP99Milliseconds"), (Milliseconds, SLOW_MS), (API, "Latency", Of::ApiName, "p99")),
        metric((Api, "5xx", "serverErrors"), (Events, NONE), (API, "5XXError", Of::ApiName, "Sum")),
        metric((Api, "429", "throttled"), (Events, NONE), (OWN, "Throttled", Of::ApiId, "Sum")),
        metric((Api, "4xx", "clientErrors"), (Events, ANY), (API, "4XXError", Of::ApiName, "Sum")),
        metric((Api, "latency p50", "latencyP50Milliseconds"), (Milliseconds, ANY), (API, "Latency", Of::ApiName, "p50")),
        metric((Api, "post errors", "ingestFunctionErrors"), (Events, NONE), (LAMBDA, "Errors", Of::Ingest, "Sum")),
        metric((Api, "get errors", "getFunctionErrors"), (Events, NONE), (LAMBDA, "Errors", Of::Get, "Sum")),
        metric((Stream, "records in", "recordsInPerSecond"), (PerSecond, ANY), (KINESIS, "IncomingRecords", Of::Stream, "Sum")),
        metric((Stream, "throttled", "writesThrottled"), (Events, NONE), (KINESIS, "WriteProvisionedThroughputExceeded", Of::Stream, "Sum")),
        metric((Counting, "counted", "countedPerSecond"), (PerSecond, ANY), (OWN, "Counted", Of::Update, "Sum")),
        metric((Counting, "lag p99", "lagP99Milliseconds"), (Milliseconds, LATE_MS), (OWN, "CountingLag", Of::Update, "p99")),
        metric((Counting, "read age", "iteratorAgeMilliseconds"), (Milliseconds, LATE_MS), (LAMBDA, "IteratorAge", Of::Update, "Maximum")),
        metric((Counting, "unfinished", "unfinished"), (Events, NONE), (OWN, "Unfinished", Of::Update, "Sum")),
        metric((Counting, "errors", "updateFunctionErrors"), (Events, NONE), (LAMBDA, "Errors", Of::Update, "Sum")),
        metric((Counting, "duplicates", "duplicatesPerSecond"), (PerSecond, ANY), (OWN, "Duplicates", Of::Update, "Sum")),
        metric((Counting, "lag p50", "lagP50Milliseconds"), (Milliseconds, LATE_MS), (OWN, "CountingLag", Of::Update, "p50")),
        metric((Counting, "quarantined", "quarantined"), (Events, NONE), (OWN, "Quarantined", Of::Update, "Sum")),
        metric((Counting, "throttles", "updateFunctionThrottles"), (Events, NONE), (LAMBDA, "Throttles", Of::Update, "Sum")),
        metric((Archive, "delivered", "deliveredPerSecond"), (PerSecond, ANY), (FIREHOSE, "DeliveryToS3.Records", Of::Delivery, "Sum")),
        metric((Archive, "oldest", "freshnessSeconds"), (Seconds, ARCHIVE_LATE_SECONDS), (FIREHOSE, "DeliveryToS3.DataFreshness", Of::Delivery, "Maximum")),
        metric((Archive, "behind", "behindMilliseconds"), (Milliseconds, ARCHIVE_BEHIND_MS), (FIREHOSE, "KinesisMillisBehindLatest", Of::Delivery, "Maximum")),
        metric((Quarantine, "oldest", "oldestMessageSeconds"), (Seconds, ANY), ("AWS/SQS", "ApproximateAgeOfOldestMessage", Of::Queue, "Maximum")),
    ]
};

impl Metric {
    /// Its one dimension, by name and value; `None` if the stack's outputs lack it.
    pub(super) fn dimension(self, outputs: &Outputs) -> Option<(&'static str, &str)> {
        Some(match self.of {
            Of::ApiName => ("ApiName", outputs.api_name.as_deref()?),
            Of::ApiId => ("ApiId", outputs.api_id.as_deref()?),
            Of::Ingest => ("FunctionName", &outputs.ingest_function),
            Of::Update => ("FunctionName", &outputs.update_function),
            Of::Get => ("FunctionName", &outputs.get_function),
            Of::Stream => ("StreamName", &outputs.stream_name),
            Of::Delivery => ("DeliveryStreamName", &outputs.delivery_stream),
            Of::Queue => ("QueueName", outputs.quarantine_queue()),
        })
    }

    /// A value as `CloudWatch` has it, in this metric's unit.
    pub(super) fn scale(self, value: f64, period: i32) -> f64 {
        match self.unit {
            Unit::PerSecond => value / f64::from(period),
            Unit::Events | Unit::Milliseconds | Unit::Seconds => value,
        }
    }
}
