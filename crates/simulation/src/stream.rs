//! The shards of a Kinesis stream, which may be split.
//!
//! See <https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-resharding.html>.

use mapping::Record;

/// A closed shard, and the shards that it was split into.
#[derive(Debug, Clone, Default)]
pub struct Shard {
    /// The shard's records, in order. Sequence numbers are unique across all shards. A copy that the producer puts
    /// has its own.
    pub records: Vec<Record>,
    /// The shards that it was split into. Their records are delivered once all of its own are done.
    pub children: Vec<Shard>,
}
