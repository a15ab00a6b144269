//! The Lambda function behind the stream's event source mapping.

use std::{sync::Arc, time::Duration};

use aws_lambda_events::event::kinesis::KinesisEvent;
use counting::Tables;
use lambda_runtime::{Error, LambdaEvent, Runtime, layers::TracingLayer, service_fn, tower::layer::layer_fn};
use metrique::{ServiceMetrics, writer::GlobalEntrySink};
use startup::CallBudget;
use traces::Traces;
use update_count::{BatchMetrics, Queue, UpdateCount};

/// A call fails early, since the handler retries for as long as the invocation has time. The function's timeout is 60
/// s.
const CALL: CallBudget = CallBudget {
    attempts: 2,
    attempt_timeout: Duration::from_secs(2),
    operation_timeout: Duration::from_secs(5),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    startup::init_telemetry();
    let _metrics = startup::metrics::write();
    let config = startup::sdk_config(CALL);
    let tables = Tables::new(
        aws_sdk_dynamodb::Client::new(&config),
        startup::variable("LEDGER_TABLE")?,
        startup::variable("COUNTS_TABLE")?,
    );
    let quarantine =
        Queue::new(aws_sdk_sqs::Client::new(&config), startup::variable("QUARANTINE_QUEUE_URL")?);
    let traces = Traces::from_env("update-count")?;
    let update_count = UpdateCount::new(tables, quarantine, Arc::default()).traced(traces.clone());
    let runtime = Runtime::new(service_fn(async |event: LambdaEvent<KinesisEvent>| {
        let (batch, context) = event.into_parts();
        let deadline = context.deadline();
        let metrics = BatchMetrics::new(context.request_id);
        let mut metrics = metrics.append_on_drop(ServiceMetrics::sink());
        update_count.handle(batch, deadline, &mut metrics).await.map_err(Error::from)
    }));
    let runtime = runtime.layer(TracingLayer::new());
    runtime.layer(layer_fn(|service| traces.flushed(service))).run().await
}
