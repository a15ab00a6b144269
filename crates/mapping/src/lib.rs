//! Lambda's event source mapping for Kinesis.
//!
//! [`Mapping`] follows AWS's rules; [`Services`] are the stream it reads, the function it invokes and the destination it
//! sends to. The simulation and the local stack's process (`src/bin/event-source-mapping`) run the same [`Mapping`], so
//! what the simulation proves holds for the rules that the local stack follows. So does the local stack's Firehose (the
//! crate `delivery`), whose services write a batch to S3 instead of invoking a function. Both processes read a
//! [`KinesisStream`] and keep [`Checkpoints`].
//!
//! The rules, each with the section of AWS's documentation that states it:
//!
//! - A shard is read about once a second. A batch has records of one shard, in order. It is delivered when it is full
//!   or the batching window ends, and the next batch follows when it is done. With a parallelization factor, that
//!   many batches of a shard are in flight at once, and records are in order within a partition key:
//!   [Polling and batching streams][polling].
//! - A shard without a checkpoint is read from the starting position: [Parameters][parameters].
//! - A record is delivered at least once: [the warning at the top][at least once].
//! - A response without failures is a success. A response with failures means that all records before the lowest
//!   sequence number it names are done, and all others are redelivered. If it names a record that is not in the
//!   batch, the whole batch failed: [Success and failure conditions][partial].
//! - If the function fails, the whole batch is redelivered, or each half of it with bisection:
//!   [Bisecting a batch][partial].
//! - With bisection, a batch with reported failures is split at the lowest one only, and the rest is redelivered as
//!   one batch: [Bisecting a batch][partial].
//! - Records that exceed the maximum number of retry attempts or the maximum record age are discarded, and a message
//!   goes to the on-failure destination. Neither a split nor an invocation that never started is an attempt:
//!   [Configuring destinations][failure].
//! - A record that has left the stream is not redelivered, and no message is sent: [Parameters][parameters].
//! - The children of a shard are read when the shard has been read to its end: [After a reshard][reshard].
//!
//! [polling]: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html#kinesis-polling-and-batching
//! [at least once]: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html
//! [partial]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//! [failure]: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
//! [parameters]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
//! [reshard]: https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html

mod batch;
pub mod call;
mod checkpoints;
mod kinesis;
mod mapping;
pub mod metrics;
pub mod process;
mod record;
mod services;
mod settings;

pub use call::CallError;
pub use checkpoints::{CheckpointError, Checkpoints};
pub use kinesis::KinesisStream;
pub use mapping::Mapping;
pub use record::{Record, event, payload};
pub use services::{Condition, Discarded, FunctionResult, Position, Read, Services, Shard};
pub use settings::Settings;
