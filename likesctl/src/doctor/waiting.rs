//! Likes on the stream that were not archived in time.

use std::time::Duration;

use aws_sdk_kinesis::{primitives::DateTime, types::ShardIteratorType};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use tokio::time::sleep;

use super::services::Services;
use crate::unread::Unread;

/// How many shards are searched at once.
const PARALLEL: usize = 8;
/// How many reads a shard is searched with. A read may return no record although there are some further on.
const MAX_READS: usize = 20;
/// The pause between reads: a shard takes 5 a second, of all its consumers together.
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>.
const PAUSE: Duration = Duration::from_millis(250);

/// What there is in a part of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Waiting {
    /// A record that arrived at this time; the earliest, if there are several.
    Since(Timestamp),
    /// Nobody knows: the end of a shard was not reached.
    Unknown,
    /// No record.
    Nothing,
}

/// Looks for a record that arrived at `from` or later, and before `until`.
pub(super) async fn search(
    services: &Services,
    from: Timestamp,
    until: Timestamp,
) -> Result<Waiting, Unread> {
    let searched = stream::iter(shards(services).await?)
        .map(|shard| search_shard(services, shard, from, until))
        .buffer_unordered(PARALLEL);
    searched.try_fold(Waiting::Nothing, async |all, one| Ok(all.min(one))).await
}

/// All shards, closed ones included.
async fn shards(services: &Services) -> Result<Vec<String>, Unread> {
    let mut shards = Vec::new();
    let mut request = services.kinesis.list_shards().stream_name(&services.outputs.stream_name);
    loop {
        let page = request.send().await?;
        shards.extend(page.shards.unwrap_or_default().into_iter().map(|shard| shard.shard_id));
        let Some(next) = page.next_token else { return Ok(shards) };
        request = services.kinesis.list_shards().next_token(next);
    }
}

/// A shard has its records in the order of their arrival, so the first one decides.
async fn search_shard(
    services: &Services,
    shard: String,
    from: Timestamp,
    until: Timestamp,
) -> Result<Waiting, Unread> {
    let request = services.kinesis.get_shard_iterator().stream_name(&services.outputs.stream_name);
    let request = request.shard_id(shard).shard_iterator_type(ShardIteratorType::AtTimestamp);
    let request = request.timestamp(DateTime::from_millis(from.as_millisecond()));
    let mut iterator = request.send().await?.shard_iterator;
    for _ in 0..MAX_READS {
        // A closed shard ends without an iterator.
        let Some(current) = iterator else { return Ok(Waiting::Nothing) };
        let read = services.kinesis.get_records().shard_iterator(current).limit(1).send().await?;
        if let Some(record) = read.records.first() {
            let arrived = record.approximate_arrival_timestamp.and_then(|time| time.to_millis().ok());
            let arrived = arrived.and_then(|arrived| Timestamp::from_millisecond(arrived).ok());
            return Ok(match arrived {
                Some(arrived) if arrived < until => Waiting::Since(arrived),
                Some(_) => Waiting::Nothing,
                None => Waiting::Unknown,
            });
        }
        if read.millis_behind_latest == Some(0) {
            return Ok(Waiting::Nothing);
        }
        iterator = read.next_shard_iterator;
        sleep(PAUSE).await;
    }
    Ok(Waiting::Unknown)
}

#[cfg(test)]
mod tests {
    use aws_sdk_kinesis::{
        Client,
        operation::{
            get_records::GetRecordsOutput, get_shard_iterator::GetShardIteratorOutput,
            list_shards::ListShardsOutput,
        },
        primitives::Blob,
        types::{HashKeyRange, Record, SequenceNumberRange, Shard},
    };
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;
    use crate::doctor::services::tests::services;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn shard(id: &str) -> Shard {
        let numbers = SequenceNumberRange::builder().starting_sequence_number("0").build().unwrap();
        let keys = HashKeyRange::builder().starting_hash_key("0").ending_hash_key("1").build().unwrap();
        Shard::builder().shard_id(id).sequence_number_range(numbers).hash_key_range(keys).build().unwrap()
    }

    fn record(arrived: i64) -> Record {
        let record = Record::builder().sequence_number("1").partition_key("a").data(Blob::new("a"));
        record.approximate_arrival_timestamp(DateTime::from_secs(arrived)).build().unwrap()
    }

    /// The answers to the reads of a shard: when a record arrived, or how far behind an empty read is.
    type Reads = &'static [Result<i64, i64>];

    /// Searches a stream with these shards from second 10 until second 20.
    async fn searched(reads: &'static [(&'static str, Reads)]) -> Waiting {
        let list = mock!(Client::list_shards).then_output(|| {
            let shards = reads.iter().map(|(id, _)| shard(id)).collect();
            ListShardsOutput::builder().set_shards(Some(shards)).build()
        });
        let start = mock!(Client::get_shard_iterator)
            .match_requests(|input| input.timestamp() == Some(&DateTime::from_secs(10)))
            .then_compute_output(|input| {
                let iterator = format!("{} 0", input.shard_id().unwrap());
                GetShardIteratorOutput::builder().shard_iterator(iterator).build()
            });
        let read = mock!(Client::get_records).then_compute_output(|input| {
            let (shard, number) = input.shard_iterator().unwrap().split_once(' ').unwrap();
            let number: usize = number.parse().unwrap();
            let (_, answers) = reads.iter().find(|(id, _)| *id == shard).unwrap();
            let output = GetRecordsOutput::builder();
            let output = match answers.get(number) {
                Some(Ok(arrived)) => output.records(record(*arrived)).millis_behind_latest(1),
                Some(Err(behind)) => output.set_records(Some(vec![])).millis_behind_latest(*behind),
                None => output.set_records(Some(vec![])).millis_behind_latest(1),
            };
            output.next_shard_iterator(format!("{shard} {}", number + 1)).build().unwrap()
        });
        let mut services = services("").await;
        services.kinesis = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&list, &start, &read]);
        search(&services, second(10), second(20)).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_record_of_all_shards_is_found() {
        let found = searched(&[("a", &[Ok(15)]), ("b", &[Err(5), Ok(12)]), ("c", &[Err(0)])]).await;
        assert_eq!(found, Waiting::Since(second(12)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_that_may_still_be_buffered_does_not_wait() {
        assert_eq!(searched(&[("a", &[Ok(20)]), ("b", &[Err(0)])]).await, Waiting::Nothing);
        assert_eq!(searched(&[("a", &[Ok(19)])]).await, Waiting::Since(second(19)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_whose_end_is_not_reached_is_unknown_unless_another_has_a_record() {
        assert_eq!(searched(&[("a", &[]), ("b", &[Err(0)])]).await, Waiting::Unknown);
        assert_eq!(searched(&[("a", &[]), ("b", &[Ok(11)])]).await, Waiting::Since(second(11)));
    }
}
