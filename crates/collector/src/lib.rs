//! An OpenTelemetry collector for tests, which keeps the spans that it is sent.
//!
//! It takes OTLP over HTTP in Protobuf. See <https://opentelemetry.io/docs/specs/otlp/#otlphttp-request>.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{net::TcpListener, time::Duration};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

/// A collector that runs until it is dropped.
#[derive(Debug)]
pub struct Collector(MockServer);

impl Collector {
    /// A collector at a free port of this machine.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        Self::slow(Duration::ZERO).await
    }

    /// A collector that takes so long to respond.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn slow(time: Duration) -> Self {
        // Not from wiremock's pool, whose servers go on listening when they are dropped.
        Self::serve(MockServer::builder().start().await, time).await
    }

    /// A collector at this address; `None` if another program listens there.
    pub async fn at(address: &str) -> Option<Self> {
        let server = MockServer::builder().listener(TcpListener::bind(address).ok()?);
        Some(Self::serve(server.start().await, Duration::ZERO).await)
    }

    async fn serve(server: MockServer, delay: Duration) -> Self {
        let request = Mock::given(method("POST"))
            .and(path("/v1/traces"))
            .and(header("content-type", "application/x-protobuf"));
        request.respond_with(ResponseTemplate::new(200).set_delay(delay)).mount(&server).await;
        Self(server)
    }

    /// The URL for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.0.uri()
    }

    /// The number of requests so far.
    ///
    /// # Panics
    /// Never: the server records its requests.
    pub async fn requests(&self) -> usize {
        self.0.received_requests().await.expect("records requests").len()
    }

    /// The spans so far, in the order in which they ended, each with the service that sent it.
    ///
    /// # Panics
    /// If a request is not OTLP.
    pub async fn spans(&self) -> Vec<Received> {
        let requests = self.0.received_requests().await.expect("records requests");
        let exports = requests.iter().map(|request| {
            assert_eq!(request.url.path(), "/v1/traces");
            ExportTraceServiceRequest::decode(request.body.as_slice()).expect("is OTLP")
        });
        let resources = exports.flat_map(|export| export.resource_spans);
        let spans = resources.flat_map(|of_resource| {
            let attributes = of_resource.resource.unwrap_or_default().attributes;
            let service = text(&attributes, "service.name").unwrap_or_default();
            let scopes = of_resource.scope_spans.into_iter();
            scopes.flat_map(|scope| scope.spans).map(move |span| Received { service: service.clone(), span })
        });
        spans.collect()
    }
}

/// A span that the collector was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The name of the service that sent it.
    pub service: String,
    /// The span.
    pub span: Span,
}

impl Received {
    /// An attribute, as text.
    #[must_use]
    pub fn attribute(&self, key: &str) -> Option<String> {
        text(&self.span.attributes, key)
    }

    /// The trace's id, in hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        hex(&self.span.trace_id)
    }

    /// The span's id, in hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        hex(&self.span.span_id)
    }

    /// The id of the span's parent, in hexadecimal digits; empty for the root of a trace.
    #[must_use]
    pub fn parent_id(&self) -> String {
        hex(&self.span.parent_span_id)
    }

    /// The ids of the traces and the spans that it links to, in hexadecimal digits.
    #[must_use]
    pub fn links(&self) -> Vec<(String, String)> {
        self.span.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect()
    }
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
    Some(match attribute.value.as_ref()? {
        AnyValue { value: Some(Value::StringValue(text)) } => text.clone(),
        AnyValue { value: Some(Value::IntValue(number)) } => number.to_string(),
        other => format!("{other:?}"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
