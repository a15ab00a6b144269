//! A mapping's services on the emulator.

use aws_config::SdkConfig;
use aws_sdk_lambda::primitives::Blob;
use mapping::{
    CallError, CheckpointError, Checkpoints, Discarded, FunctionResult, KinesisStream, Position, Read,
    Record, Services, Shard, event,
    metrics::{
        self,
        Unit::{Count, Milliseconds},
    },
    payload,
};
use thiserror::Error;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::destination::message;

/// A call failed, the mapping is not supported, or a checkpoint cannot be saved.
#[derive(Debug, Error)]
pub(crate) enum AwsError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the local stack's mapping does not support {0}")]
    Unsupported(&'static str),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error("the event could not be encoded as JSON")]
    Json(#[from] serde_json::Error),
}

/// What a mapping's metrics name.
#[derive(Debug)]
pub(crate) struct Names {
    /// The mapping's UUID.
    pub mapping: String,
    pub function_arn: String,
}

/// A mapping's stream, function, on-failure destination and checkpoints.
#[derive(Debug)]
pub(crate) struct Aws {
    stream: KinesisStream,
    lambda: aws_sdk_lambda::Client,
    sqs: aws_sdk_sqs::Client,
    names: Names,
    destination: Option<String>,
    checkpoints: Checkpoints,
}

impl Aws {
    pub(crate) fn new(
        config: &SdkConfig,
        stream: KinesisStream,
        names: Names,
        destination: Option<String>,
        checkpoints: Checkpoints,
    ) -> Self {
        Self {
            stream,
            lambda: aws_sdk_lambda::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            names,
            destination,
            checkpoints,
        }
    }

    /// Counts discarded records as Lambda does.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#event-source-mapping-metrics>.
    fn count(&self, metric: &'static str, records: &[Record]) {
        let mapping = ("EventSourceMappingUUID", self.names.mapping.as_str());
        metrics::write("AWS/Lambda", mapping, &[(metric, records.len() as u64, Count)]);
    }

    async fn send(&self, queue: &str, discarded: Discarded<'_>) -> Result<(), AwsError> {
        let body = message(discarded, self.stream.arn(), &self.names.function_arn).to_string();
        let sent = self.sqs.send_message().queue_url(queue).message_body(body).send().await;
        sent.map(drop).map_err(|error| CallError::failed("SendMessage", error).into())
    }
}

impl Services for Aws {
    type Error = AwsError;

    async fn shards(&self) -> Result<Vec<Shard>, AwsError> {
        Ok(self.stream.shards().await?)
    }

    async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, AwsError> {
        Ok(self.stream.read(shard, position, limit).await?)
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<FunctionResult, AwsError> {
        let payload = payload(&event(self.stream.arn(), shard, batch))?;
        if let Some(last) = batch.last() {
            let function = self.names.function_arn.rsplit(':').next().unwrap_or_default();
            let age = u64::try_from(last.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
            metrics::write("AWS/Lambda", ("FunctionName", function), &[("IteratorAge", age, Milliseconds)]);
        }
        let started = Instant::now();
        let request =
            self.lambda.invoke().function_name(&self.names.function_arn).payload(Blob::new(payload));
        let output = request.send().await.map_err(|error| CallError::failed("Invoke", error))?;
        let payload = output.payload().map(AsRef::as_ref).unwrap_or_default();
        let (records, took) = (batch.len(), started.elapsed());
        if let Some(kind) = output.function_error() {
            warn!(shard, records, ?took, kind, error = %String::from_utf8_lossy(payload), "the function failed");
            return Ok(FunctionResult::Error);
        }
        let result = FunctionResult::parse(payload);
        match &result {
            FunctionResult::Response(response) => {
                info!(shard, records, failed = response.batch_item_failures.len(), ?took, "delivered");
            }
            FunctionResult::Error => warn!(shard, records, ?took, "the function's response is malformed"),
        }
        Ok(result)
    }

    async fn discard(&self, discarded: Discarded<'_>) {
        let Discarded { shard, records, condition, .. } = discarded;
        warn!(shard, records = records.len(), ?condition, "discarding records");
        let Some(queue) = &self.destination else {
            return self.count("DroppedEventCount", records);
        };
        if let Err(error) = self.send(queue, discarded).await {
            error!(shard, %error, "no message about discarded records was sent to the on-failure destination");
            self.count("DroppedEventCount", records);
        } else {
            self.count("OnFailureDestinationDeliveredEventCount", records);
        }
    }

    fn expired(&self, shard: &str, records: &[Record]) {
        error!(shard, records = records.len(), "records left the stream before they were done");
        self.count("DroppedEventCount", records);
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.get(shard)
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), AwsError> {
        Ok(self.checkpoints.set(shard, sequence_number)?)
    }
}
