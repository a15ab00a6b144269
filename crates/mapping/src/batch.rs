//! How records become batches, and what is left of one.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    mem,
};

use aws_lambda_events::event::streams::KinesisEventResponse;

use crate::Record;

/// The most bytes of an event, which is what an invocation takes.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_BYTES: usize = 6 * 1024 * 1024;

/// Records that are delivered together, and what came of them so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Batch<'a> {
    pub records: &'a [Record],
    /// How often the function was invoked with them.
    pub invocations: u32,
    /// How many of these invocations count as tries.
    pub tries: u32,
}

/// Spreads records over lanes by their keys, each in order by itself.
pub(crate) fn lanes(records: Vec<Record>, number: usize) -> Vec<Vec<Record>> {
    let mut lanes = vec![Vec::new(); number.max(1)];
    for record in records {
        let mut hasher = DefaultHasher::new();
        record.partition_key.hash(&mut hasher);
        // The number of lanes, at most 10, fits.
        let lane = usize::try_from(hasher.finish() % lanes.len() as u64).unwrap_or(0);
        if let Some(lane) = lanes.get_mut(lane) {
            lane.push(record);
        }
    }
    lanes
}

/// Cuts records into batches of so many at most, none larger than an invocation takes but a single record that is.
pub(crate) fn cut(mut records: &[Record], size: usize) -> Vec<&[Record]> {
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

/// How many of a batch's records are done by an answer, from the first on: those before the lowest that it names.
/// `None` if it names something else.
pub(crate) fn done(batch: &[Record], answer: &KinesisEventResponse) -> Option<usize> {
    let place =
        |number: Option<&str>| batch.iter().position(|record| Some(&*record.sequence_number) == number);
    answer
        .batch_item_failures
        .iter()
        .try_fold(batch.len(), |done, failure| Some(done.min(place(failure.item_identifier.as_deref())?)))
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

    fn answer(numbers: &[Option<&str>]) -> KinesisEventResponse {
        let failures: Vec<_> =
            numbers.iter().map(|number| serde_json::json!({"itemIdentifier": number})).collect();
        serde_json::from_value(serde_json::json!({"batchItemFailures": failures})).unwrap()
    }

    #[test]
    fn what_comes_before_the_lowest_number_of_an_answer_is_done() {
        let batch = records(5);
        assert_eq!(done(&batch, &answer(&[])), Some(5));
        assert_eq!(done(&batch, &answer(&[Some("3"), Some("1"), Some("4")])), Some(1));
        assert_eq!(done(&batch, &answer(&[Some("0")])), Some(0));
    }

    #[test]
    fn an_answer_that_names_no_record_of_the_batch_is_a_failure() {
        let batch = records(5);
        for stranger in [None, Some(""), Some("5")] {
            assert_eq!(done(&batch, &answer(&[Some("3"), stranger])), None);
        }
    }

    #[test]
    fn batches_are_no_longer_than_allowed_and_no_record_is_left_out() {
        let records = records(25);
        let batches = cut(&records, 10);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [10, 10, 5]);
        assert_eq!(batches.concat(), records);
    }

    #[test]
    fn a_batch_is_no_larger_than_an_invocation_takes_unless_one_record_is() {
        let megabyte = 1024 * 1024;
        let records =
            [record(0, megabyte), record(1, 10 * megabyte), record(2, 2 * megabyte), record(3, 2 * megabyte)];
        let batches = cut(&records, 10);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [1, 1, 2]);
        let more = [records.as_slice(), &[record(4, 2 * megabyte)]].concat();
        assert_eq!(cut(&more, 10).len(), 4);
    }

    #[test]
    fn an_event_of_many_records_is_no_larger_than_an_invocation_takes_and_nearly_as_large() {
        // As long as they are on AWS.
        let (sequence_number, partition_key) = ("4".repeat(56), "k".repeat(36));
        let arrived = Instant::now();
        let record = Record { sequence_number, partition_key, data: vec![0xff; 150], arrived };
        let records = vec![record; 10_000];
        let batches = cut(&records, 10_000);
        let stream = "arn:aws:kinesis:ap-southeast-2:000000000000:stream/likes-0123456";
        let event = event(stream, "shardId-000000000000", batches[0]);
        let bytes = serde_json::to_vec(&event).unwrap().len();
        assert!(
            (MAX_BYTES * 3 / 4..=MAX_BYTES).contains(&bytes),
            "{bytes} bytes of {} records",
            batches[0].len()
        );
    }

    #[test]
    fn records_of_one_key_are_in_one_lane_in_order() {
        let lanes = lanes(records(100), 3);
        assert!(lanes.iter().all(|lane| !lane.is_empty()));
        assert_eq!(lanes.iter().map(Vec::len).sum::<usize>(), 100);
        for key in 0..7 {
            let key = format!("k{key}");
            let has = |lane: &&Vec<Record>| lane.iter().any(|record| record.partition_key == key);
            assert_eq!(lanes.iter().filter(has).count(), 1);
        }
        for lane in lanes {
            let numbers: Vec<usize> =
                lane.iter().map(|record| record.sequence_number.parse().unwrap()).collect();
            assert!(numbers.is_sorted());
        }
    }
}
