//! Puts many records on the stream.

use std::time::Duration;

use aws_sdk_kinesis::{
    error::{BuildError, SdkError},
    operation::put_records::PutRecordsError,
    primitives::Blob,
    types::{PutRecordsRequestEntry, PutRecordsResultEntry},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use thiserror::Error;
use tokio::time::sleep;

use crate::{Record, Stream};

/// The maximum number of records in a request.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>.
const MAX_RECORDS: usize = 500;
/// The maximum size of a request with several records. AWS allows 10 MiB, but a shard takes 1 MiB a second.
const MAX_BYTES: usize = 5 * 1024 * 1024;

/// Records were not put on the stream.
#[derive(Debug, Error)]
pub enum PutError {
    /// The request is incomplete.
    #[error("the request could not be built")]
    Build(#[from] BuildError),
    /// Kinesis rejected the request, or did not respond in time. Then the records may be on the stream.
    #[error("Kinesis did not acknowledge the records")]
    Call(#[from] Box<SdkError<PutRecordsError>>),
    /// Kinesis rejected some records of a request again and again.
    #[error("Kinesis rejected {number} records again and again ({code})")]
    Rejected {
        /// How many of the request.
        number: usize,
        /// The error code of the first one.
        code: String,
    },
}

/// The pauses before rejected records are retried: about a minute in all. Most are throttled.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(15)
        .with_jitter()
        .build()
}

impl Stream {
    /// Puts records on the stream. Returns once Kinesis has acknowledged all of them; those that it rejects are retried.
    /// Their order is not kept.
    ///
    /// # Errors
    /// [`PutError`] if the attempts are used up. Some of the records may be on the stream, also twice.
    pub async fn put(&self, records: Vec<Record>) -> Result<(), PutError> {
        for request in requests(records) {
            self.put_request(request).await?;
        }
        Ok(())
    }

    async fn put_request(&self, records: Vec<Record>) -> Result<(), PutError> {
        let mut entries = records.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let mut pauses = pauses();
        loop {
            let request = self.client.put_records().stream_name(&self.name);
            let output = request.set_records(Some(entries.clone())).send().await.map_err(Box::new)?;
            let (rejected, code) = rejected(entries, &output.records);
            if rejected.is_empty() {
                return Ok(());
            }
            let Some(pause) = pauses.next() else {
                return Err(PutError::Rejected { number: rejected.len(), code });
            };
            sleep(pause).await;
            entries = rejected;
        }
    }
}

fn entry(Record { partition_key, data }: Record) -> Result<PutRecordsRequestEntry, BuildError> {
    PutRecordsRequestEntry::builder().partition_key(partition_key).data(Blob::new(data)).build()
}

/// Splits records into requests.
fn requests(records: Vec<Record>) -> Vec<Vec<Record>> {
    let mut requests: Vec<Vec<Record>> = Vec::new();
    let mut bytes = 0;
    for record in records {
        bytes += record.bytes();
        match requests.last_mut() {
            Some(request) if request.len() < MAX_RECORDS && bytes <= MAX_BYTES => request.push(record),
            _ => {
                bytes = record.bytes();
                requests.push(vec![record]);
            }
        }
    }
    requests
}

/// The entries that were not put on the stream, and why the first one was not. The response has a result for each entry, in
/// the same order.
fn rejected(
    entries: Vec<PutRecordsRequestEntry>,
    results: &[PutRecordsResultEntry],
) -> (Vec<PutRecordsRequestEntry>, String) {
    let mut results = results.iter();
    let mut code = None;
    let is_rejected = |_: &PutRecordsRequestEntry| {
        let result = results.next();
        let is_accepted = result.is_some_and(|result| result.sequence_number.is_some());
        if !is_accepted {
            code.get_or_insert_with(|| {
                result.and_then(PutRecordsResultEntry::error_code).unwrap_or("no result").to_owned()
            });
        }
        !is_accepted
    };
    let rejected = entries.into_iter().filter(is_rejected).collect();
    (rejected, code.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use aws_sdk_kinesis::{Client, operation::put_records::PutRecordsOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use proptest::prelude::*;

    use super::*;

    fn record(number: usize, bytes: usize) -> Record {
        Record { partition_key: number.to_string(), data: vec![0xff; bytes] }
    }

    /// Puts records on a stream that rejects so many of the first entries that it is sent. Returns the partition keys in
    /// each request, and the result.
    async fn put(records: Vec<Record>, mut to_reject: usize) -> (Vec<Vec<String>>, Result<(), PutError>) {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let sent = requests.clone();
        let to_reject = Mutex::new(std::mem::take(&mut to_reject));
        let rule = mock!(Client::put_records).then_compute_output(move |request| {
            assert_eq!(request.stream_name(), Some("likes"));
            let keys =
                request.records().iter().map(|record| record.partition_key().unwrap().to_owned()).collect();
            sent.lock().unwrap().push(keys);
            let result = |_: &PutRecordsRequestEntry| {
                let mut to_reject = to_reject.lock().unwrap();
                let result = PutRecordsResultEntry::builder();
                if *to_reject > 0 {
                    *to_reject -= 1;
                    return result.error_code("ProvisionedThroughputExceededException").build();
                }
                result.shard_id("s").sequence_number("1").build()
            };
            let results = request.records().iter().map(result).collect();
            PutRecordsOutput::builder().set_records(Some(results)).build().unwrap()
        });
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&rule]);
        let result = Stream::new(client, "likes".into()).put(records).await;
        let requests = requests.lock().unwrap().clone();
        (requests, result)
    }

    fn keys(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|number| number.to_string()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn only_rejected_records_are_retried() {
        let (requests, result) = put((0..5).map(|number| record(number, 1)).collect(), 2).await;
        assert_eq!(requests, [keys(0..5), keys(0..2)]);
        result.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn records_that_stay_rejected_are_an_error() {
        let (requests, result) = put(vec![record(0, 1), record(1, 1)], 1000).await;
        assert_eq!(requests.len(), 16);
        assert_eq!(
            result.unwrap_err().to_string(),
            "Kinesis rejected 2 records again and again (ProvisionedThroughputExceededException)"
        );
    }

    #[tokio::test]
    async fn no_record_is_no_request() {
        let (requests, result) = put(vec![], 0).await;
        assert_eq!(requests, Vec::<Vec<String>>::new());
        result.unwrap();
    }

    proptest! {
        #[test]
        fn a_request_has_no_more_than_kinesis_takes_and_no_record_is_left_out(
            sizes in proptest::collection::vec(prop_oneof![99 => 0..10_usize, 1 => 0..7_000_000_usize], 0..1200),
        ) {
            // A vector of zeros takes no memory until it is written.
            let zeros = |(number, size): (usize, &usize)| {
                Record { partition_key: number.to_string(), data: vec![0; *size] }
            };
            let records: Vec<_> = sizes.iter().enumerate().map(zeros).collect();
            let requests = requests(records);
            for request in &requests {
                let bytes: usize = request.iter().map(Record::bytes).sum();
                prop_assert!((1..=500).contains(&request.len()));
                prop_assert!(bytes <= 5 * 1024 * 1024 || request.len() == 1);
            }
            let numbers = requests.iter().flatten().map(|record| record.partition_key.clone());
            prop_assert_eq!(numbers.collect::<Vec<_>>(), keys(0..sizes.len()));
        }
    }
}
