//! A mapping's settings.

use std::time::Duration;

use crate::Position;

/// A mapping's parameters, as `CreateEventSourceMapping` takes them, and the stream's retention period.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `StartingPosition`: where a shard without a checkpoint is read from.
    ///
    /// `LATEST` is the time at which the mapping was created, as [`Position::AtTimestamp`]: then a restart before the
    /// first checkpoint skips nothing, and shards that are created later are read from their beginning.
    pub starting_position: Position,
    /// `BatchSize`: the maximum number of records in a batch.
    pub batch_size: usize,
    /// `MaximumBatchingWindowInSeconds`: the maximum time to gather a batch.
    pub window: Duration,
    /// `ParallelizationFactor`: the maximum number of batches of a shard in flight at once, 1 to 10.
    pub parallelization_factor: usize,
    /// `ReportBatchItemFailures`: whether the function's response names the records that failed.
    pub report_batch_item_failures: bool,
    /// `BisectBatchOnFunctionError`: whether a batch whose invocation failed is redelivered as two halves.
    pub bisect: bool,
    /// `MaximumRetryAttempts`: the maximum number of retries of a batch; `None` for no limit.
    pub max_retries: Option<u32>,
    /// `MaximumRecordAgeInSeconds`: the maximum age of a record that is delivered; `None` for no limit.
    pub max_age: Option<Duration>,
    /// The stream's retention period.
    pub retention: Duration,
}
