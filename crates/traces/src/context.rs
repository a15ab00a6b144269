//! What a span continues: a request that X-Ray traces, or a like on the stream.

use like::Traceparent;
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState},
};
use opentelemetry_aws::trace::xray_propagator::span_context_from_str;

/// The span in X-Ray's header that Lambda hands to a function, if X-Ray samples its trace.
///
/// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
#[must_use]
pub fn of_lambda(header: &str) -> Option<Traceparent> {
    traceparent(&span_context_from_str(header)?)
}

/// The span that a like's trace continues from; `None` if it is not sampled.
#[must_use]
pub fn traceparent(span: &SpanContext) -> Option<Traceparent> {
    let trace_id = u128::from_be_bytes(span.trace_id().to_bytes()).try_into().ok()?;
    let parent_id = u64::from_be_bytes(span.span_id().to_bytes()).try_into().ok()?;
    span.is_sampled().then_some(Traceparent { trace_id, parent_id })
}

/// The context of a span whose parent is in another process.
#[must_use]
pub fn parent(Traceparent { trace_id, parent_id }: Traceparent) -> Context {
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_bytes(trace_id.get().to_be_bytes()),
        SpanId::from_bytes(parent_id.get().to_be_bytes()),
        TraceFlags::SAMPLED,
        true,
        TraceState::NONE,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sampled_trace_of_x_ray_is_continued_under_its_w3c_id() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        let expected = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
        for more in ["", ";Lineage=1:a87bd80c:0", ";Self=1-5759e988-abcdef012345678912345678"] {
            let traceparent = of_lambda(&format!("{header}{more}")).unwrap();
            assert_eq!(traceparent.to_string(), expected, "{more}");
            assert_eq!(super::traceparent(parent(traceparent).span().span_context()), Some(traceparent));
        }
    }

    #[test]
    fn any_other_header_is_no_trace() {
        for header in [
            "",
            "Root=1-5759e988-bd862e3fe1be46a994272793",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=?",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
            "Root=1-00000000-000000000000000000000000;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=junk;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=junk;Sampled=1",
        ] {
            assert_eq!(of_lambda(header), None, "{header}");
        }
    }
}
