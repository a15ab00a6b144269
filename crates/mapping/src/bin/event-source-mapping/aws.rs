//! A mapping's services on the emulator.

use aws_config::SdkConfig;
use aws_sdk_lambda::primitives::Blob;
use mapping::{
    CallError, CheckpointError, Checkpoints, Discarded, FunctionResult, KinesisStream, Position, Read,
    Record, Services, Shard, event, payload,
};
use thiserror::Error;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::destination::message;

/// A call failed, or its response cannot be used.
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

/// A mapping's stream, function, on-failure destination and checkpoints.
#[derive(Debug)]
pub(crate) struct Aws {
    stream: KinesisStream,
    lambda: aws_sdk_lambda::Client,
    sqs: aws_sdk_sqs::Client,
    function_arn: String,
    destination: Option<String>,
    checkpoints: Checkpoints,
}

impl Aws {
    pub(crate) fn new(
        config: &SdkConfig,
        stream: KinesisStream,
        function_arn: String,
        destination: Option<String>,
        checkpoints: Checkpoints,
    ) -> Self {
        Self {
            stream,
            lambda: aws_sdk_lambda::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            function_arn,
            destination,
            checkpoints,
        }
    }

    async fn send(&self, queue: &str, discarded: Discarded<'_>) -> Result<(), AwsError> {
        let body = message(discarded, self.stream.arn(), &self.function_arn).to_string();
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
        let started = Instant::now();
        let request = self.lambda.invoke().function_name(&self.function_arn).payload(Blob::new(payload));
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
        if let Some(queue) = &self.destination
            && let Err(error) = self.send(queue, discarded).await
        {
            error!(shard, %error, "no message about discarded records was sent to the on-failure destination");
        }
    }

    fn expired(&self, shard: &str, records: &[Record]) {
        error!(shard, records = records.len(), "records left the stream before they were done");
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.get(shard)
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), AwsError> {
        Ok(self.checkpoints.set(shard, sequence_number)?)
    }
}
