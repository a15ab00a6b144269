//! The spans of a batch with likes that are traced: the invocation, and the counting of each such like.
//!
//! They name neither a user nor a movie. The names of attributes are OpenTelemetry's, for
//! [messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/) and
//! [FaaS](https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/), and ours start with `likestream.`.

use std::time::SystemTime;

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use counting::{Outcome, Position};
use like::{LikeEvent, LikeId, Traceparent};
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, Span, SpanBuilder, SpanContext, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_semantic_conventions::attribute::{
    AWS_KINESIS_STREAM_NAME, FAAS_INVOCATION_ID, FAAS_TRIGGER, MESSAGING_BATCH_MESSAGE_COUNT,
    MESSAGING_DESTINATION_NAME, MESSAGING_DESTINATION_PARTITION_ID, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM,
};
use traces::Traces;

use crate::{quarantine::shard_id, record::Outcomes};

/// The spans of a batch, if any of its likes is traced.
#[derive(Debug)]
pub(crate) struct BatchSpans<'a>(Option<Traced<'a>>);

#[derive(Debug)]
struct Traced<'a> {
    tracer: &'a SdkTracer,
    started: SystemTime,
    likes: Vec<TracedLike>,
}

/// A line with a like that is traced.
#[derive(Debug)]
struct TracedLike {
    position: Position,
    like_id: LikeId,
    traceparent: Traceparent,
}

impl<'a> BatchSpans<'a> {
    /// Starts the spans of a batch, and has `outcomes` note when each like that is traced has its own.
    pub(crate) fn start(
        traces: &'a Traces,
        events: &[(Position, LikeEvent)],
        outcomes: &mut Outcomes,
    ) -> Self {
        Self(traces.tracer().and_then(|tracer| {
            let likes = events.iter().filter_map(|(position, event)| {
                let (position, traceparent) = (*position, event.traceparent?);
                Some(TracedLike { position, like_id: event.like_id, traceparent })
            });
            let likes: Vec<_> = likes.collect();
            outcomes.time(likes.iter().map(|like| like.position));
            (!likes.is_empty()).then(|| Traced { tracer, started: SystemTime::now(), likes })
        }))
    }

    /// Ends them.
    pub(crate) fn end(
        self,
        request_id: &str,
        records: &[KinesisEventRecord],
        outcomes: &Outcomes,
        of_records: &[Outcome],
    ) {
        let Some(Traced { tracer, started, likes }) = self.0 else { return };
        let contexts = likes.iter().map(|like| traces::parent(like.traceparent));
        // OpenTelemetry keeps 128 of them, and counts the others: every like links to the invocation as well.
        // https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#span-limits
        let links = contexts.map(|context| Link::with_context(context.span().span_context().clone()));
        let invocation = SpanBuilder::from_name(format!("process {}", stream(records)))
            .with_kind(SpanKind::Consumer)
            .with_start_time(started)
            .with_links(links.collect())
            .with_attributes(messaging(records).into_iter().chain([
                KeyValue::new(MESSAGING_BATCH_MESSAGE_COUNT, number(records.len())),
                KeyValue::new(FAAS_TRIGGER, "pubsub"),
                KeyValue::new(FAAS_INVOCATION_ID, request_id.to_owned()),
            ]));
        let mut invocation = tracer.build_with_context(invocation, &Context::new());
        let context = invocation.span_context().clone();
        // First, so that it is kept if there are too many spans.
        invocation.end();
        for like in likes {
            end_like(tracer, started, &like, &context, records, outcomes, of_records);
        }
    }
}

/// Ends the span of a like, in the like's own trace.
fn end_like(
    tracer: &SdkTracer,
    started: SystemTime,
    like: &TracedLike,
    invocation: &SpanContext,
    records: &[KinesisEventRecord],
    outcomes: &Outcomes,
    of_records: &[Outcome],
) {
    let ended = outcomes.timed(like.position).unwrap_or_else(SystemTime::now);
    let outcome = outcomes.of_line(like.position, of_records);
    let mut span = SpanBuilder::from_name("count like")
        .with_kind(SpanKind::Consumer)
        .with_start_time(started)
        .with_links(vec![Link::with_context(invocation.clone())])
        .with_attributes(messaging(records).into_iter().chain([
            KeyValue::new("likestream.like_id", like.like_id.to_string()),
            KeyValue::new("likestream.outcome", name(outcome)),
        ]))
        .start_with_context(tracer, &traces::parent(like.traceparent));
    let record = outcomes.record(like.position).and_then(|record| records.get(record));
    if let Some(record) = record {
        let arrived = SystemTime::from(record.kinesis.approximate_arrival_timestamp.0);
        let lag = ended.duration_since(arrived).unwrap_or_default();
        span.set_attribute(KeyValue::new(
            "likestream.lag_ms",
            i64::try_from(lag.as_millis()).unwrap_or(i64::MAX),
        ));
    }
    if matches!(outcome, Outcome::Quarantined(_) | Outcome::Unfinished) {
        span.set_status(Status::error(name(outcome)));
    }
    span.end_with_timestamp(ended);
}

fn messaging(records: &[KinesisEventRecord]) -> [KeyValue; 6] {
    let stream = stream(records).to_owned();
    let shard = records.first().map(shard_id).unwrap_or_default().to_owned();
    [
        KeyValue::new(MESSAGING_SYSTEM, "aws_kinesis"),
        KeyValue::new(MESSAGING_OPERATION_TYPE, "process"),
        KeyValue::new(MESSAGING_OPERATION_NAME, "process"),
        KeyValue::new(MESSAGING_DESTINATION_NAME, stream.clone()),
        KeyValue::new(MESSAGING_DESTINATION_PARTITION_ID, shard),
        KeyValue::new(AWS_KINESIS_STREAM_NAME, stream),
    ]
}

/// The stream's name, taken from its ARN.
fn stream(records: &[KinesisEventRecord]) -> &str {
    let arn = records.first().and_then(|record| record.event_source_arn.as_deref()).unwrap_or_default();
    arn.rsplit('/').next().unwrap_or_default()
}

/// An outcome without its reason, which quotes the record.
fn name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Counted => "counted",
        Outcome::Duplicate => "duplicate",
        Outcome::Quarantined(_) => "quarantined",
        Outcome::Unfinished => "unfinished",
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
