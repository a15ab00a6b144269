//! How a mapping is set.

use std::time::Duration;

/// The settings of a mapping that say how it delivers, as `CreateEventSourceMapping` takes them, and what it must know
/// of its stream.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How many records a batch has at most.
    pub batch_size: usize,
    /// How long a batch is gathered at most.
    pub window: Duration,
    /// How many batches of a shard are under way at once.
    pub parallelization_factor: usize,
    /// Whether the function's answer names the records that failed.
    pub report_batch_item_failures: bool,
    /// Whether a batch whose invocation failed is delivered again in halves.
    pub bisect: bool,
    /// How often a batch is tried again; `None` for as often as need be.
    pub max_retries: Option<u32>,
    /// How old a record may be to be delivered; `None` for any age.
    pub max_age: Option<Duration>,
    /// How long the stream keeps a record.
    pub retention: Duration,
}
