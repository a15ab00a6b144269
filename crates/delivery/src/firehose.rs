//! A delivery stream, as the services of a mapping.

use aws_lambda_events::event::streams::KinesisEventResponse;
use mapping::{
    Checkpoints, Discarded, FunctionResult, KinesisStream, Position, Read, Record, Services, Shard,
    metrics::{
        self, Metric,
        Unit::{Count, Milliseconds, Seconds},
    },
};
use tracing::{error, info};

use crate::{destination::Destination, error::DeliveryError};

/// The stream, the bucket and the checkpoints of a delivery stream.
#[derive(Debug)]
pub(crate) struct Firehose {
    pub stream: KinesisStream,
    pub destination: Destination,
    pub checkpoints: Checkpoints,
}

impl Firehose {
    /// Writes metrics of the delivery stream.
    ///
    /// See <https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html>.
    fn write(&self, metrics: &[Metric]) {
        metrics::write("AWS/Firehose", ("DeliveryStreamName", self.destination.delivery_stream()), metrics);
    }
}

impl Services for Firehose {
    type Error = DeliveryError;

    async fn shards(&self) -> Result<Vec<Shard>, DeliveryError> {
        Ok(self.stream.shards().await?)
    }

    async fn read(&self, shard: &str, position: &Position, limit: usize) -> Result<Read, DeliveryError> {
        let read = self.stream.read(shard, position, limit).await?;
        if !read.records.is_empty() {
            let behind = u64::try_from(read.behind.as_millis()).unwrap_or(u64::MAX);
            self.write(&[
                ("DataReadFromKinesisStream.Records", read.records.len() as u64, Count),
                ("KinesisMillisBehindLatest", behind, Milliseconds),
            ]);
        }
        Ok(read)
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<FunctionResult, DeliveryError> {
        let object = self.destination.write(batch).await?;
        info!(shard, records = batch.len(), object, "delivered");
        let age = batch.first().map_or(0, |oldest| oldest.arrived.elapsed().as_secs());
        self.write(&[
            ("DeliveryToS3.Records", batch.len() as u64, Count),
            ("DeliveryToS3.DataFreshness", age, Seconds),
        ]);
        Ok(FunctionResult::Response(KinesisEventResponse::default()))
    }

    /// Without limits on retries and age, no record is discarded.
    async fn discard(&self, discarded: Discarded<'_>) {
        error!(shard = discarded.shard, records = discarded.records.len(), "discarding records");
    }

    fn expired(&self, shard: &str, records: &[Record]) {
        error!(shard, records = records.len(), "records left the stream before they were delivered");
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.get(shard)
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), DeliveryError> {
        Ok(self.checkpoints.set(shard, sequence_number)?)
    }
}
