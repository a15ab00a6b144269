//! Splits records into batches, and finds out how much of a batch is done.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    mem,
};

use aws_lambda_events::event::streams::KinesisEventResponse;

use crate::Record;

/// The maximum size of an event in bytes: the invocation payload quota for synchronous requests.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// Records that are delivered together, and the invocations with them so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub records: &'a [Record],
    /// The number of invocations with these records.
    pub invocations: u32,
    /// The number of those invocations that count as attempts.
    pub attempts: u32,
}

/// Splits records into as many groups as the parallelization factor. Those with the same partition key stay together
/// and in order.
pub(crate) fn by_partition_key(records: Vec<Record>, factor: usize) -> Vec<Vec<Record>> {
    let mut groups = vec![Vec::new(); factor.max(1)];
    for record in records {
        let mut hasher = DefaultHasher::new();
        record.partition_key.hash(&mut hasher);
        // The remainder is less than 10, so it fits.
        let group = usize::try_from(hasher.finish() % groups.len() as u64).unwrap_or(0);
        if let Some(group) = groups.get_mut(group) {
            group.push(record);
        }
    }
    groups
}

/// Splits records into batches of at most `size`. A batch fits into an invocation unless it is a single record that
/// does not.
pub(crate) fn batches(mut records: &[Record], size: usize) -> Vec<&[Record]> {
    let mut batches = Vec::new();
    while !records.is_empty() {
        let mut bytes = 0;
        let fits = records.iter().take(size).take_while(|record| {
            bytes += record.bytes_in_event();
            bytes <= MAX_BYTES
        });
        let length = fits.count().max(1);
        let (batch, rest) = mem::take(&mut records).split_at(length);
        batches.push(batch);
        records = rest;
    }
    batches
}

/// The number of records, from the first on, that a response reports as done: those before the lowest one that it
/// names. `None` if it names a record that is not in the batch.
pub(crate) fn done(batch: &[Record], response: &KinesisEventResponse) -> Option<usize> {
    let position =
        |number: Option<&str>| batch.iter().position(|record| Some(&*record.sequence_number) == number);
    response
        .batch_item_failures
        .iter()
        .try_fold(batch.len(), |done, failure| Some(done.min(position(failure.item_identifier.as_deref())?)))
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::event;

    fn record(number: usize, bytes: usize) -> Record {
        let sequence_number = number.to_string();
        let partition_key = format!("k{}", number % 7);
        Record { sequence_number, partition_key, data: vec![0; bytes], arrived: Instant::now() }
    }

    fn records(number: usize) -> Vec<Record> {
        (0..number).map(|number| record(number, 10)).collect()
    }

    fn response(numbers: &[Option<&str>]) -> KinesisEventResponse {
        let failures: Vec<_> =
            numbers.iter().map(|number| serde_json::json!({"itemIdentifier": number})).collect();
        serde_json::from_value(serde_json::json!({"batchItemFailures": failures})).unwrap()
    }

    #[test]
    fn records_before_the_lowest_failure_are_done() {
        let batch = records(5);
        assert_eq!(done(&batch, &response(&[])), Some(5));
        assert_eq!(done(&batch, &response(&[Some("3"), Some("1"), Some("4")])), Some(1));
        assert_eq!(done(&batch, &response(&[Some("0")])), Some(0));
    }

    #[test]
    fn a_response_that_names_a_record_outside_the_batch_is_a_failure() {
        let batch = records(5);
        for outside in [None, Some(""), Some("5")] {
            assert_eq!(done(&batch, &response(&[Some("3"), outside])), None);
        }
    }

    #[test]
    fn batches_have_at_most_the_batch_size_and_no_record_is_left_out() {
        let records = records(25);
        let batches = batches(&records, 10);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [10, 10, 5]);
        assert_eq!(batches.concat(), records);
    }

    #[test]
    fn a_batch_fits_into_an_invocation_unless_it_is_one_record_that_does_not() {
        let megabyte = 1024 * 1024;
        let records =
            [record(0, megabyte), record(1, 10 * megabyte), record(2, 2 * megabyte), record(3, 2 * megabyte)];
        let batches = batches(&records, 10);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [1, 1, 2]);
        let more = [records.as_slice(), &[record(4, 2 * megabyte)]].concat();
        assert_eq!(super::batches(&more, 10).len(), 4);
    }

    #[test]
    fn the_event_of_a_large_batch_fits_into_an_invocation_and_nearly_fills_it() {
        // These are as long as on AWS.
        let (sequence_number, partition_key) = ("4".repeat(56), "k".repeat(36));
        let arrived = Instant::now();
        let record = Record { sequence_number, partition_key, data: vec![0xff; 150], arrived };
        let records = vec![record; 10_000];
        let batches = batches(&records, 10_000);
        let stream = "arn:aws:kinesis:ap-southeast-2:000000000000:stream/likes-0123456";
        let event = event(stream, "shardId-000000000000", batches[0]);
        let bytes = serde_json::to_vec(&event).unwrap().len();
        assert!(
            (MAX_BYTES * 3 / 4..=MAX_BYTES).contains(&bytes),
            "{bytes} bytes for {} records",
            batches[0].len()
        );
    }

    #[test]
    fn records_with_the_same_partition_key_stay_together_and_in_order() {
        let groups = by_partition_key(records(100), 3);
        assert!(groups.iter().all(|group| !group.is_empty()));
        assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 100);
        for key in 0..7 {
            let key = format!("k{key}");
            let has = |group: &&Vec<Record>| group.iter().any(|record| record.partition_key == key);
            assert_eq!(groups.iter().filter(has).count(), 1);
        }
        for group in groups {
            let numbers: Vec<usize> =
                group.iter().map(|record| record.sequence_number.parse().unwrap()).collect();
            assert!(numbers.is_sorted());
        }
    }
}
