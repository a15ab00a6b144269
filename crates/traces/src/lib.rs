//! The traces of likes, exported to an OpenTelemetry collector by OTLP over HTTP.
//!
//! A function makes its spans with [`Traces::tracer`], and [`Traces::flushed`] exports those of an invocation once Lambda
//! has its response. Without a collector there is no tracer, and nothing is done.
//!
//! `lambda_runtime`'s `OpenTelemetryLayer` does not fit: its span is a `tracing` span without a parent, so the function's
//! log level decides whether there is a trace, and it exists whether or not the request is sampled.

mod context;
mod finished;

use std::{env, sync::Arc, time::Duration};

pub use context::{of_lambda, parent, traceparent};
use finished::Finished;
use lambda_runtime::{
    LambdaInvocation, Service,
    tower::{BoxError, ServiceExt},
};
use opentelemetry::trace::TracerProvider;
use opentelemetry_aws::{detector::LambdaResourceDetector, trace::XrayIdGenerator};
use opentelemetry_otlp::{
    ExporterBuildError, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, RetryPolicy,
    SpanExporter, WithExportConfig, WithHttpConfig,
};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracer, SdkTracerProvider, SpanExporter as _},
};
use tokio::time::timeout;

/// The longest that an export may take. The spans are then lost, and the function takes its next invocation.
///
/// It is less than what a function leaves of its timeout, which also covers what follows the response.
pub const EXPORT_TIMEOUT: Duration = Duration::from_millis(500);

/// The traces of a function. They are off by default.
#[derive(Debug, Clone, Default)]
pub struct Traces(Option<Arc<Exported>>);

/// The spans of a function, and where they go.
#[derive(Debug)]
struct Exported {
    tracer: SdkTracer,
    finished: Finished,
    exporter: SpanExporter,
}

impl Traces {
    /// The traces of the function with this service name, exported to the collector at
    /// [`OTEL_EXPORTER_OTLP_ENDPOINT`](https://opentelemetry.io/docs/specs/otel/protocol/exporter/); off if that is not
    /// set.
    ///
    /// # Errors
    /// [`ExporterBuildError`] if one of OpenTelemetry's variables is malformed.
    pub fn from_env(service: &'static str) -> Result<Self, ExporterBuildError> {
        let variables = [OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, OTEL_EXPORTER_OTLP_ENDPOINT];
        if variables.into_iter().all(|name| env::var_os(name).is_none_or(|value| value.is_empty())) {
            return Ok(Self::default());
        }
        Self::new(service, None)
    }

    /// The traces of the function with this service name, exported to the collector at this URL.
    ///
    /// # Errors
    /// [`ExporterBuildError`] if the URL is malformed.
    pub fn to(endpoint: &str, service: &'static str) -> Result<Self, ExporterBuildError> {
        Self::new(service, Some(format!("{endpoint}/v1/traces")))
    }

    fn new(service: &'static str, endpoint: Option<String>) -> Result<Self, ExporterBuildError> {
        // A retry would take the time of an attempt once more; the collector is on this machine, or it is not there.
        let exporter = SpanExporter::builder()
            .with_http()
            .with_timeout(EXPORT_TIMEOUT)
            .with_retry_policy(RetryPolicy::disabled());
        let exporter = match endpoint {
            Some(endpoint) => exporter.with_endpoint(endpoint),
            None => exporter,
        };
        let mut exporter = exporter.build()?;
        let detector = Box::new(LambdaResourceDetector);
        exporter
            .set_resource(&Resource::builder().with_detector(detector).with_service_name(service).build());
        let finished = Finished::default();
        let provider = SdkTracerProvider::builder()
            // A function only starts spans of what is sampled.
            .with_sampler(Sampler::AlwaysOn)
            // X-Ray accepts an id only with the time in it; to any other collector it is an id.
            .with_id_generator(XrayIdGenerator::default())
            .with_span_processor(finished.clone())
            .build();
        let tracer = provider.tracer("likestream");
        Ok(Self(Some(Arc::new(Exported { tracer, finished, exporter }))))
    }

    /// What starts spans; `None` if traces are off.
    #[must_use]
    pub fn tracer(&self) -> Option<&SdkTracer> {
        self.0.as_deref().map(|exported| &exported.tracer)
    }

    /// Exports the spans that have ended, within [`EXPORT_TIMEOUT`]. If that fails, they are lost and the log says so.
    pub async fn flush(&self) {
        let Some(Exported { finished, exporter, .. }) = self.0.as_deref() else { return };
        let (spans, dropped) = finished.take();
        if spans.is_empty() {
            return;
        }
        let number = spans.len();
        match timeout(EXPORT_TIMEOUT, exporter.export(spans)).await {
            Ok(Ok(())) if dropped == 0 => {}
            Ok(Ok(())) => tracing::warn!(spans = dropped, "spans dropped: too many at once"),
            Ok(Err(error)) => tracing::warn!(spans = number, %error, "spans not exported"),
            Err(_) => tracing::warn!(spans = number, error = "out of time", "spans not exported"),
        }
    }

    /// A service of Lambda's runtime that also exports the spans of each invocation. It does so after the response, which
    /// therefore does not wait for it, and before Lambda may freeze the process.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.
    pub fn flushed<S>(
        &self,
        service: S,
    ) -> impl Service<LambdaInvocation, Response = (), Error = BoxError> + use<S>
    where
        S: Service<LambdaInvocation, Response = (), Error = BoxError>,
    {
        let traces = self.clone();
        service.map_future(move |responded| {
            let traces = traces.clone();
            async move {
                let responded = responded.await;
                traces.flush().await;
                responded
            }
        })
    }
}
