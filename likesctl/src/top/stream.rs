//! The stream: its state and its shards.

use super::services::Services;
use crate::unread::Unread;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stream {
    /// Such as `ACTIVE`.
    pub status: String,
    pub open_shards: i32,
}

/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamSummary.html>.
pub(super) async fn read(services: &Services) -> Result<Stream, Unread> {
    let request = services.kinesis.describe_stream_summary().stream_name(&services.outputs.stream_name);
    let summary = request.send().await?.stream_description_summary;
    let summary = summary.ok_or_else(|| Unread::Unknown("Kinesis describes no stream".to_owned()))?;
    Ok(Stream { status: summary.stream_status.to_string(), open_shards: summary.open_shard_count })
}
