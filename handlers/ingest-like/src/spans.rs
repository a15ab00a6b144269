//! The spans of a request that is traced: the request itself, and the publish of its like.
//!
//! They name neither the user nor the movie. The names of attributes are OpenTelemetry's, for
//! [HTTP](https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server),
//! [FaaS](https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/) and
//! [messaging](https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/).

use std::sync::Arc;

use lambda_http::{Request, RequestExt, http::StatusCode};
use like::LikeEvent;
use opentelemetry::{
    Context, KeyValue,
    trace::{SpanBuilder, SpanKind, Status, TraceContextExt, Tracer},
};
use opentelemetry_sdk::trace::SdkTracer;
use opentelemetry_semantic_conventions::attribute::{
    AWS_KINESIS_STREAM_NAME, FAAS_INVOCATION_ID, FAAS_TRIGGER, HTTP_REQUEST_METHOD,
    HTTP_RESPONSE_STATUS_CODE, HTTP_ROUTE, MESSAGING_DESTINATION_NAME, MESSAGING_OPERATION_NAME,
    MESSAGING_OPERATION_TYPE, MESSAGING_SYSTEM, URL_PATH, URL_SCHEME,
};
use traces::Traces;

use crate::allowance::Allowance;

/// Starts the spans of requests.
#[derive(Debug, Clone)]
pub(crate) struct Spans {
    traces: Traces,
    allowance: Arc<Allowance>,
}

/// A span, if the request is traced. It ends when it is dropped.
pub(crate) struct Span(Option<(SdkTracer, Context)>);

impl Default for Spans {
    fn default() -> Self {
        Self::new(Traces::default(), 0)
    }
}

impl Spans {
    pub(crate) fn new(traces: Traces, percent: u32) -> Self {
        Self { traces, allowance: Arc::new(Allowance::new(percent)) }
    }

    /// The span of a request. Its parent is the span that Lambda names; the request's own headers are not read. API Gateway
    /// follows a client's `X-Amzn-Trace-Id` all the same, so how many requests are traced is limited.
    pub(crate) fn request(&self, request: &Request) -> Span {
        Span(self.traces.tracer().and_then(|tracer| {
            let context = request.lambda_context_ref()?;
            let sampled = context.xray_trace_id.as_deref().and_then(traces::of_lambda);
            if !self.allowance.allows(sampled.is_some()) {
                return None;
            }
            let builder =
                SpanBuilder::from_name("POST /likes").with_kind(SpanKind::Server).with_attributes([
                    KeyValue::new(HTTP_REQUEST_METHOD, "POST"),
                    KeyValue::new(HTTP_ROUTE, "/likes"),
                    KeyValue::new(URL_PATH, "/likes"),
                    KeyValue::new(URL_SCHEME, "https"),
                    KeyValue::new(FAAS_TRIGGER, "http"),
                    KeyValue::new(FAAS_INVOCATION_ID, context.request_id.clone()),
                ]);
            let span = tracer.build_with_context(builder, &traces::parent(sampled?));
            Some((tracer.clone(), Context::new().with_span(span)))
        }))
    }
}

impl Span {
    /// The span of publishing a like, which becomes the parent of what happens to the like next.
    pub(crate) fn publish(&self, event: &mut LikeEvent, stream: &str) -> Self {
        Self(self.0.as_ref().map(|(tracer, request)| {
            let name = format!("PutRecord {stream}");
            let builder = SpanBuilder::from_name(name).with_kind(SpanKind::Producer).with_attributes([
                KeyValue::new(MESSAGING_SYSTEM, "aws_kinesis"),
                KeyValue::new(MESSAGING_OPERATION_TYPE, "send"),
                KeyValue::new(MESSAGING_OPERATION_NAME, "PutRecord"),
                KeyValue::new(MESSAGING_DESTINATION_NAME, stream.to_owned()),
                KeyValue::new(AWS_KINESIS_STREAM_NAME, stream.to_owned()),
                KeyValue::new("likestream.like_id", event.like_id.to_string()),
            ]);
            let publish = Context::new().with_span(tracer.build_with_context(builder, request));
            event.traceparent = traces::traceparent(publish.span().span_context());
            (tracer.clone(), publish)
        }))
    }

    /// Ends the span of a publish.
    pub(crate) fn end<T, E>(self, published: &Result<T, E>) {
        if let Some((_, span)) = self.0
            && published.is_err()
        {
            span.span().set_status(Status::error("Kinesis did not acknowledge the record"));
        }
    }

    /// Ends the span of a request.
    pub(crate) fn respond(self, status: StatusCode) {
        if let Some((_, span)) = self.0 {
            span.span().set_attribute(KeyValue::new(HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
            if status.is_server_error() {
                span.span().set_status(Status::error(""));
            }
        }
    }
}
