//! A Kinesis stream: shards with records in order, which may be split.
//!
//! See <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html>.

use mapping::Record;

/// A shard that is closed, and those that it was split into.
#[derive(Debug, Clone, Default)]
pub struct Shard {
    /// Its records, in order. Their sequence numbers are of all shards together; a copy that the producer makes has a
    /// number of its own.
    pub records: Vec<Record>,
    /// The shards that took over from it. Their records are delivered when all of its own are done.
    pub children: Vec<Shard>,
}
