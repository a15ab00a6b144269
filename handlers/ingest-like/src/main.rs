//! The Lambda function behind `POST /likes`.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use ingest_like::Ingest;
use lambda_http::{
    Adapter, Error,
    lambda_runtime::{Runtime, layers::TracingLayer},
    tower::layer::layer_fn,
};
use startup::CallBudget;
use stream::{Publisher, Stream};
use traces::Traces;

/// Well within the function's timeout (10 s) and API Gateway's (29 s), so the client always gets a response. The time of a
/// call is also that of both, if a like spills.
const PUT_RECORD: CallBudget = CallBudget {
    attempts: 3,
    attempt_timeout: Duration::from_secs(2),
    operation_timeout: Duration::from_secs(6),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    startup::init_telemetry();
    let _metrics = startup::metrics::write();
    let client = Client::new(&startup::sdk_config(PUT_RECORD));
    let stream = Stream::new(client, startup::variable("STREAM_NAME")?);
    let publisher = Publisher::new(stream, PUT_RECORD.operation_timeout);
    let ingest = Ingest::new(publisher, api::cors(&startup::variable("CORS_ORIGINS")?)?);
    let traces = Traces::from_env("ingest-like")?;
    let ingest = match traces.tracer() {
        Some(_) => ingest.traced(traces.clone(), startup::variable("TRACING_PERCENT")?.parse()?),
        None => ingest,
    };
    let runtime = Runtime::new(Adapter::from(ingest.service())).layer(TracingLayer::new());
    runtime.layer(layer_fn(|service| traces.flushed(service))).run().await
}
