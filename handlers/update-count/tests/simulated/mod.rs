//! Runs `UpdateCount` on the simulated Lambda.

use std::time::{Duration, SystemTime};

use aws_lambda_events::event::{kinesis::KinesisEvent, streams::KinesisEventResponse};
use simulation::Invocation;
use update_count::{BatchMetrics, NoProgress, UpdateCount};

/// The function's timeout, as the Pulumi program sets it.
pub(crate) const TIMEOUT: Duration = Duration::from_mins(1);

/// The function that the simulated Lambda invokes.
pub(crate) async fn update_count(
    invocation: Invocation,
    batch: KinesisEvent,
    deadline: SystemTime,
) -> Result<KinesisEventResponse, NoProgress> {
    let mut metrics = BatchMetrics::default();
    UpdateCount::new(invocation.clone(), invocation.clone(), invocation.known())
        .handle(batch, deadline, &mut metrics)
        .await
}

/// Runs a future with time paused.
pub(crate) fn run_paused<T>(future: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}
