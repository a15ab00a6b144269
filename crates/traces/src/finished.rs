//! The spans that have ended since the last export.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::Context;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanProcessor},
};

/// The most spans that are kept, as many as OpenTelemetry's own processor does.
///
/// See <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#batch-span-processor>.
const MAX_SPANS: usize = 2048;

/// Keeps spans until they are taken. OpenTelemetry's own processor exports from a thread and on a timer, and Lambda
/// freezes both between invocations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finished(Arc<Mutex<Spans>>);

#[derive(Debug, Default)]
struct Spans {
    kept: Vec<SpanData>,
    dropped: usize,
}

impl Finished {
    /// The spans, and the number of those that were not kept.
    pub(crate) fn take(&self) -> (Vec<SpanData>, usize) {
        let Spans { kept, dropped } = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (kept, dropped)
    }
}

impl SpanProcessor for Finished {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if spans.kept.len() < MAX_SPANS {
            spans.kept.push(span);
        } else {
            spans.dropped += 1;
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
