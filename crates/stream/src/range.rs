//! Reads a range of a shard, if all of it is still on the stream.

use std::{mem, time::Duration};

use aws_sdk_kinesis::{
    error::SdkError,
    operation::{get_records::GetRecordsError, get_shard_iterator::GetShardIteratorError},
    types::ShardIteratorType,
};
use thiserror::Error;
use tokio::time::sleep;

use crate::{Record, Stream};

/// The maximum `Limit` of `GetRecords`.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html>.
const MAX_LIMIT: i32 = 10_000;
/// How often in a row a read may return no record before the range counts as gone. A read of a record that is there may
/// return none at first, and one of a record that has left the stream may do so for ever
/// (<https://github.com/harlow/kinesis-consumer/issues/125>).
const MAX_EMPTY_READS: usize = 20;
/// The pause after a read without a record. A shard takes 5 reads a second, of all its consumers together.
const PAUSE: Duration = Duration::from_millis(250);

/// The maximum size of a range: an event has at most 6 MB, and the parallelization factor, which interleaves batches, is at
/// most 10. What is larger is no batch of Lambda's.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html> and
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>.
const MAX_BYTES: usize = 60 * 1024 * 1024;

/// A range of records in a shard, by the sequence numbers of the first and the last one.
#[derive(Debug, Clone, Copy)]
pub struct Range<'a> {
    /// The shard's id.
    pub shard: &'a str,
    /// The first record's sequence number.
    pub start: &'a str,
    /// The last record's sequence number.
    pub end: &'a str,
}

/// The stream cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Kinesis returned no iterator.
    #[error("the shard {0} cannot be read")]
    Iterator(String, #[source] Box<SdkError<GetShardIteratorError>>),
    /// Kinesis returned no records.
    #[error("the shard {0} cannot be read")]
    Records(String, #[source] Box<SdkError<GetRecordsError>>),
}

impl Stream {
    /// Reads the records of a range; `None` unless all of them are on the stream, or if they are more than a batch of
    /// Lambda's.
    ///
    /// AWS does not document what a sequence number leads to whose record has left the stream. So the range counts as
    /// there only if both its first and its last record are read: records leave the stream oldest first.
    ///
    /// # Errors
    /// [`ReadError`] if the SDK's attempts are used up.
    pub async fn read(&self, range: Range<'_>) -> Result<Option<Vec<Record>>, ReadError> {
        let Some(mut iterator) = self.iterator(range).await? else {
            return Ok(None);
        };
        let mut reading = Reading::new(range);
        let mut empty_reads = 0;
        loop {
            let request = self.client.get_records().shard_iterator(iterator).limit(MAX_LIMIT);
            let output = request.send().await;
            let output =
                output.map_err(|error| ReadError::Records(range.shard.to_owned(), Box::new(error)))?;
            empty_reads = if output.records.is_empty() { empty_reads + 1 } else { 0 };
            match reading.add(output.records) {
                State::Whole(records) => return Ok(Some(records)),
                State::Incomplete => return Ok(None),
                State::Partial => {}
            }
            let is_at_tip = output.millis_behind_latest == Some(0);
            match output.next_shard_iterator {
                Some(next) if !is_at_tip && empty_reads < MAX_EMPTY_READS => iterator = next,
                _ => return Ok(None),
            }
            if empty_reads > 0 {
                sleep(PAUSE).await;
            }
        }
    }

    /// An iterator at the start of a range; `None` if the stream has no such shard or sequence number.
    async fn iterator(&self, range: Range<'_>) -> Result<Option<String>, ReadError> {
        let Range { shard, start, .. } = range;
        let request = self.client.get_shard_iterator().stream_name(&self.name).shard_id(shard);
        let request = request.shard_iterator_type(ShardIteratorType::AtSequenceNumber);
        match request.starting_sequence_number(start).send().await {
            Ok(output) => Ok(output.shard_iterator),
            Err(error) if is_unknown(&error) => Ok(None),
            Err(error) => Err(ReadError::Iterator(shard.to_owned(), Box::new(error))),
        }
    }
}

/// Whether the stream has no such shard, as after a reshard once its records have left the stream, or no such sequence
/// number, as after it was replaced: "it did not come from this stream".
fn is_unknown(error: &SdkError<GetShardIteratorError>) -> bool {
    error
        .as_service_error()
        .is_some_and(|error| error.is_resource_not_found_exception() || error.is_invalid_argument_exception())
}

/// A range that is being read.
#[derive(Debug)]
struct Reading<'a> {
    range: Range<'a>,
    records: Vec<Record>,
    bytes: usize,
}

/// What is known of a range that is being read.
#[derive(Debug, PartialEq, Eq)]
enum State {
    /// All of it is read.
    Whole(Vec<Record>),
    /// It continues.
    Partial,
    /// Its first or its last record is not on the stream, or it is too large.
    Incomplete,
}

impl<'a> Reading<'a> {
    fn new(range: Range<'a>) -> Self {
        Self { range, records: Vec::new(), bytes: 0 }
    }

    /// Adds the records that were read next.
    fn add(&mut self, records: Vec<aws_sdk_kinesis::types::Record>) -> State {
        for record in records {
            let number = record.sequence_number;
            let is_last = number == self.range.end;
            let is_first_of_others = self.records.is_empty() && number != self.range.start;
            if is_first_of_others || (!is_last && is_after(&number, self.range.end)) {
                return State::Incomplete;
            }
            // It is there unless the stream distributes records without one (AUTO), which ours does not.
            let partition_key = record.partition_key.unwrap_or_default();
            let record = Record { partition_key, data: record.data.into_inner() };
            self.bytes += record.bytes();
            if self.bytes > MAX_BYTES {
                return State::Incomplete;
            }
            self.records.push(record);
            if is_last {
                return State::Whole(mem::take(&mut self.records));
            }
        }
        State::Partial
    }
}

/// Compares sequence numbers, which are decimal and have too many digits for an integer.
fn is_after(a: &str, b: &str) -> bool {
    (a.len(), a) > (b.len(), b)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_kinesis::{
        Client,
        operation::{get_records::GetRecordsOutput, get_shard_iterator::GetShardIteratorOutput},
        primitives::Blob,
        types::error::{AccessDeniedException, InvalidArgumentException, ResourceNotFoundException},
    };
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
    use proptest::prelude::*;

    use super::*;

    /// The sequence number of the record with this position. They have different lengths, like those of AWS over time.
    fn number(position: usize) -> String {
        (position * 10 + 50).to_string()
    }

    fn stored(position: usize) -> aws_sdk_kinesis::types::Record {
        let record = aws_sdk_kinesis::types::Record::builder().sequence_number(number(position));
        let record = record.partition_key(format!("k{position}"));
        record.data(Blob::new(vec![0xff, u8::try_from(position).unwrap()])).build().unwrap()
    }

    fn record(position: usize) -> Record {
        Record { partition_key: format!("k{position}"), data: vec![0xff, u8::try_from(position).unwrap()] }
    }

    /// Reads a range from a shard that returns these pages, and then only empty ones. Returns the result and the number of
    /// reads.
    async fn read(range: Range<'_>, pages: Vec<Vec<usize>>, behind: i64) -> (Option<Vec<Record>>, usize) {
        let start = range.start.to_owned();
        let iterator = mock!(Client::get_shard_iterator).match_requests(move |request| {
            request.shard_iterator_type() == Some(&ShardIteratorType::AtSequenceNumber)
                && request.starting_sequence_number() == Some(&start)
                && (request.stream_name(), request.shard_id()) == (Some("likes"), Some("s"))
        });
        let iterator = iterator.then_output(|| GetShardIteratorOutput::builder().shard_iterator("0").build());
        let reads = Arc::new(Mutex::new(0));
        let number_of_reads = reads.clone();
        let records = mock!(Client::get_records).then_compute_output(move |request| {
            let mut reads = reads.lock().unwrap();
            assert_eq!(request.shard_iterator(), Some(reads.to_string().as_str()));
            let page = pages.get(*reads).cloned().unwrap_or_default();
            *reads += 1;
            GetRecordsOutput::builder()
                .set_records(Some(page.into_iter().map(stored).collect()))
                .next_shard_iterator(reads.to_string())
                .millis_behind_latest(behind)
                .build()
                .unwrap()
        });
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&iterator, &records]);
        let result = Stream::new(client, "likes".into()).read(range).await.unwrap();
        let reads = *number_of_reads.lock().unwrap();
        (result, reads)
    }

    const RANGE: Range<'_> = Range { shard: "s", start: "80", end: "120" };

    #[tokio::test(start_paused = true)]
    async fn a_range_is_read_to_its_end_and_no_further() {
        let all = Some((3..=7).map(record).collect());
        assert_eq!(read(RANGE, vec![vec![3, 4], vec![], vec![5, 6, 7, 8], vec![9]], 1000).await, (all, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_range_that_has_left_the_stream_is_not_there_whatever_kinesis_returns() {
        // The oldest records instead; nothing, at the tip of the shard; nothing, for ever.
        assert_eq!(read(RANGE, vec![vec![4, 5, 6, 7]], 1000).await, (None, 1));
        assert_eq!(read(RANGE, vec![], 0).await, (None, 1));
        // The last record is missing; the next one shows it.
        assert_eq!(
            read(Range { end: "115", ..RANGE }, vec![vec![3, 4], vec![5, 6, 7], vec![8]], 1000).await,
            (None, 2)
        );
        assert_eq!(read(RANGE, vec![], 604_800_000).await, (None, MAX_EMPTY_READS));
    }

    #[test]
    fn a_range_that_is_larger_than_any_batch_is_not_read_to_its_end() {
        let mut reading = Reading::new(RANGE);
        let large = |position| {
            let record = aws_sdk_kinesis::types::Record::builder().sequence_number(number(position));
            record.partition_key("k").data(Blob::new(vec![0; 40 * 1024 * 1024])).build().unwrap()
        };
        assert_eq!(reading.add(vec![large(3)]), State::Partial);
        assert_eq!(reading.add(vec![large(4)]), State::Incomplete);
    }

    /// The result of a read if Kinesis returns this error instead of an iterator.
    async fn read_with(error: GetShardIteratorError) -> Result<Option<Vec<Record>>, ReadError> {
        let error = Mutex::new(Some(error));
        let rule = mock!(Client::get_shard_iterator)
            .then_compute_response(move |_| MockResponse::Error(error.lock().unwrap().take().unwrap()));
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&rule]);
        Stream::new(client, "likes".into()).read(RANGE).await
    }

    #[tokio::test]
    async fn a_shard_or_a_sequence_number_that_the_stream_does_not_know_is_not_there() {
        let no_shard = ResourceNotFoundException::builder().build();
        let error = GetShardIteratorError::ResourceNotFoundException(no_shard);
        assert_eq!(read_with(error).await.unwrap(), None);
        let no_number = InvalidArgumentException::builder().build();
        let error = GetShardIteratorError::InvalidArgumentException(no_number);
        assert_eq!(read_with(error).await.unwrap(), None);
    }

    #[tokio::test]
    async fn any_other_error_is_one() {
        let denied = AccessDeniedException::builder().build();
        let error = read_with(GetShardIteratorError::AccessDeniedException(denied)).await.unwrap_err();
        assert_eq!(error.to_string(), "the shard s cannot be read");
    }

    proptest! {
        /// A shard of `length` records, of which the first `trimmed` have left the stream, is read from `start` on in
        /// pages.
        #[test]
        fn a_range_is_whole_exactly_if_its_first_and_its_last_record_are_read(
            length in 1..30_usize,
            trimmed in 0..30_usize,
            [a, b] in [0..30_usize, 0..30_usize],
            [start_exists, end_exists] in [proptest::bool::weighted(0.8), proptest::bool::weighted(0.8)],
            page in 1..10_usize,
        ) {
            let (first, last) = (a.min(b), a.max(b));
            let shift = |exists: bool, position: usize| if exists { number(position) } else { (position * 10 + 51).to_string() };
            let (start, end) = (shift(start_exists, first), shift(end_exists, last));
            let mut reading = Reading::new(Range { shard: "s", start: &start, end: &end });
            let from = trimmed.max(if start_exists { first } else { first + 1 });
            let rest: Vec<_> = (from..length).collect();
            let mut state = State::Partial;
            for page in rest.chunks(page) {
                state = reading.add(page.iter().copied().map(stored).collect());
                if state != State::Partial {
                    break;
                }
            }
            let is_there = start_exists && end_exists && trimmed <= first && last < length;
            match state {
                State::Whole(records) => {
                    prop_assert!(is_there);
                    prop_assert_eq!(records, (first..=last).map(record).collect::<Vec<_>>());
                }
                State::Partial | State::Incomplete => prop_assert!(!is_there),
            }
        }
    }
}
