//! Lambda's event source mapping for Kinesis.
//!
//! [`Mapping`] follows AWS's rules; what it reads, invokes and tells is a [`Host`]'s business. So the rules under which
//! the simulation proves that counts are exact are the ones that the local stack runs by, whose host is in
//! `src/bin/event-source-mapping`. Such a host reads a [`KinesisStream`] and keeps [`Checkpoints`]. So does the local
//! stack's Firehose, in the crate `delivery`: it follows the same rules, and writes a batch to S3 instead of invoking a
//! function.
//!
//! Each rule is followed by the page and the section of AWS's that states it:
//!
//! - A shard is read about once a second. A batch has records of one shard, in order; it is delivered when it is full or
//!   has been gathered for as long as the window allows, and the next follows when it is done. With a parallelization
//!   factor a shard has that many lanes, each in order by itself: [Polling and batching streams][polling].
//! - A record may be delivered more than once: [the warning at the top][at least once].
//! - An answer without failures is a success. Of an answer with failures the lowest sequence number counts: all before it
//!   is done, and all from it on is delivered again. One that names no record of the batch is a failure of all:
//!   [Success and failure conditions][partial].
//! - When the function fails, the whole batch is delivered again; with bisection, as two halves:
//!   [Bisecting a batch][partial].
//! - With bisection, a batch with reported failures is split there and nowhere else: what remains is delivered again as
//!   one batch: [Bisecting a batch][partial].
//! - What has been tried as often, or is as old, as the settings allow is passed over, and the destination is told where
//!   it was. Splitting is no try, nor is an invocation that never began: [Configuring destinations][failure].
//! - A record that has left the stream cannot be delivered any more, and nobody is told: [the parameters][parameters].
//! - The children of a shard that was split are read when it has been read to its end: [After a reshard][reshard].
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
mod host;
mod kinesis;
mod mapping;
mod record;
mod settings;

pub use call::CallError;
pub use checkpoints::{CheckpointError, Checkpoints};
pub use host::{Answer, Condition, GivenUp, Host, Position, Read, Shard};
pub use kinesis::KinesisStream;
pub use mapping::Mapping;
pub use record::{Record, event, payload};
pub use settings::Settings;
