//! The mapping in the emulator: its settings and what it connects.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_lambda::types::{DestinationConfig, EventSourcePosition, FunctionResponseType, OnFailure};
use mapping::{CallError, KinesisStream, Position, Settings};

use crate::aws::AwsError;

/// A mapping's settings, and what it connects.
#[derive(Debug)]
pub(crate) struct Source {
    pub settings: Settings,
    pub stream: KinesisStream,
    pub function_arn: String,
    /// The URL of the queue that is the on-failure destination.
    pub destination: Option<String>,
}

impl Source {
    /// Finds a mapping by its UUID.
    pub(crate) async fn find(config: &SdkConfig, uuid: &str) -> Result<Self, AwsError> {
        let lambda = aws_sdk_lambda::Client::new(config);
        let found = lambda.get_event_source_mapping().uuid(uuid).send().await;
        let found = found.map_err(|error| CallError::failed("GetEventSourceMapping", error))?;
        let missing = |what| CallError::Incomplete("GetEventSourceMapping", what);
        let stream_arn = found.event_source_arn().ok_or(missing("EventSourceArn"))?.to_owned();
        let function_arn = found.function_arn().ok_or(missing("FunctionArn"))?.to_owned();
        if found.starting_position() != Some(&EventSourcePosition::TrimHorizon) {
            return Err(AwsError::Unsupported("starting positions other than TRIM_HORIZON"));
        }

        let stream = KinesisStream::new(config, stream_arn);
        let retention = stream.retention().await?;

        let destination = found.destination_config().and_then(DestinationConfig::on_failure);
        let destination = match destination.and_then(OnFailure::destination) {
            Some(arn) => Some(queue_url(config, arn).await?),
            None => None,
        };
        let types = found.function_response_types();
        // -1 means no limit.
        let seconds = |seconds: i32| u64::try_from(seconds).ok().map(Duration::from_secs);
        let settings = Settings {
            starting_position: Position::TrimHorizon,
            batch_size: number(found.batch_size(), 100),
            window: found.maximum_batching_window_in_seconds().and_then(seconds).unwrap_or_default(),
            parallelization_factor: number(found.parallelization_factor(), 1),
            report_batch_item_failures: types.contains(&FunctionResponseType::ReportBatchItemFailures),
            bisect: found.bisect_batch_on_function_error().unwrap_or_default(),
            max_retries: found.maximum_retry_attempts().and_then(|retries| u32::try_from(retries).ok()),
            max_age: found.maximum_record_age_in_seconds().and_then(seconds),
            retention,
        };
        Ok(Self { settings, stream, function_arn, destination })
    }
}

/// The value if it is at least 1, else the default.
fn number(value: Option<i32>, default: usize) -> usize {
    value.and_then(|value| usize::try_from(value).ok()).filter(|value| *value > 0).unwrap_or(default)
}

async fn queue_url(config: &SdkConfig, arn: &str) -> Result<String, AwsError> {
    let queue = arn.strip_prefix("arn:aws:sqs:").and_then(|rest| rest.split(':').next_back());
    let queue = queue.ok_or(AwsError::Unsupported("on-failure destinations other than SQS queues"))?;
    let found = aws_sdk_sqs::Client::new(config).get_queue_url().queue_name(queue).send().await;
    let found = found.map_err(|error| CallError::failed("GetQueueUrl", error))?;
    Ok(found.queue_url().ok_or(CallError::Incomplete("GetQueueUrl", "QueueUrl"))?.to_owned())
}
