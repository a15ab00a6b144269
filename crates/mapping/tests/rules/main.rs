//! Tests each rule of the mapping on a fake stream and function. Time is tokio's, paused.

#![cfg(test)]

mod fake;

use std::time::Duration;

use fake::{Fake, Invoke, START};
use jiff::ToSpan;
use mapping::{Condition, Position, Settings};
use tokio::time::timeout;

const RETENTION: Duration = Duration::from_hours(24);

const SETTINGS: Settings = Settings {
    starting_position: Position::TrimHorizon,
    batch_size: 100,
    window: Duration::ZERO,
    parallelization_factor: 1,
    report_batch_item_failures: true,
    bisect: false,
    max_retries: None,
    max_age: None,
    retention: RETENTION,
};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn batches_are_delivered_in_order_one_at_a_time() {
    let fake = Fake::with(1..=250, [Invoke::Take(seconds(20)), Invoke::Take(seconds(5))]);
    fake.run(SETTINGS).await;
    assert_eq!(fake.batches(), [(1..=100).collect(), (101..=200).collect(), (201..=250).collect::<Vec<_>>()]);
    assert_eq!(fake.times(), [0, 20, 25]);
    assert_eq!(fake.checkpoints.lock().unwrap()["a"], "250");
}

#[tokio::test(start_paused = true)]
async fn all_records_from_the_lowest_failure_on_are_redelivered_as_one_batch() {
    for bisect in [false, true] {
        let fake = Fake::with(1..=6, [Invoke::Report(&[5, 3]), Invoke::Report(&[3])]);
        fake.run(Settings { bisect, ..SETTINGS }).await;
        assert_eq!(fake.batches(), [vec![1, 2, 3, 4, 5, 6], vec![3, 4, 5, 6], vec![3, 4, 5, 6]]);
    }
}

#[tokio::test(start_paused = true)]
async fn reported_failures_are_ignored_unless_the_mapping_is_set_to_read_them() {
    let fake = Fake::with(1..=6, [Invoke::Report(&[3])]);
    fake.run(Settings { report_batch_item_failures: false, ..SETTINGS }).await;
    assert_eq!(fake.batches().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_whose_invocation_failed_is_halved_with_bisection_only() {
    let script = [Invoke::Fail, Invoke::Fail, Invoke::Report(&[])];
    let fake = Fake::with(1..=4, script.clone());
    fake.run(Settings { bisect: true, ..SETTINGS }).await;
    assert_eq!(fake.batches(), [vec![1, 2, 3, 4], vec![1, 2], vec![1], vec![2], vec![3, 4]]);

    let fake = Fake::with(1..=4, script);
    fake.run(SETTINGS).await;
    assert_eq!(fake.batches(), [[1, 2, 3, 4]; 3]);
}

#[tokio::test(start_paused = true)]
async fn a_response_that_names_a_record_outside_the_batch_is_a_failure() {
    let fake = Fake::with(1..=4, [Invoke::Report(&[9])]);
    fake.run(Settings { bisect: true, ..SETTINGS }).await;
    assert_eq!(fake.batches(), [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4]]);
}

#[tokio::test(start_paused = true)]
async fn records_are_discarded_when_retry_attempts_are_exhausted_and_the_rest_is_delivered() {
    let fail = || vec![Invoke::Fail; 3];
    let fake = Fake::with(1..=4, [fail(), vec![Invoke::Report(&[3])]].concat());
    fake.run(Settings { batch_size: 2, max_retries: Some(2), ..SETTINGS }).await;
    assert_eq!(fake.discarded(), [(Condition::RetryAttemptsExhausted, 3, vec![1, 2])]);
    assert_eq!(fake.batches()[3..], [[3, 4], [3, 4]]);
    assert_eq!(fake.checkpoints.lock().unwrap()["a"], "4");
}

#[tokio::test(start_paused = true)]
async fn neither_a_split_nor_an_invocation_that_never_started_is_an_attempt() {
    // The batch of four fails, then the first half, then the first record, which is retried once.
    let script =
        [Invoke::NoResponse, Invoke::Fail, Invoke::Fail, Invoke::NoResponse, Invoke::Fail, Invoke::Fail];
    let fake = Fake::with(1..=4, script);
    fake.run(Settings { bisect: true, max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!(fake.discarded(), [(Condition::RetryAttemptsExhausted, 4, vec![1])]);
    assert_eq!(fake.batches()[6..], [vec![2], vec![3, 4]]);

    // With bisection, the rest of a batch is a split.
    let fake = Fake::with(1..=4, [Invoke::Report(&[2]), Invoke::Report(&[3]), Invoke::Report(&[3])]);
    fake.run(Settings { bisect: true, max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!((fake.discarded(), fake.batches().len()), (vec![], 4));

    // Without bisection, it is an attempt.
    let fake = Fake::with(1..=4, [Invoke::Report(&[2]), Invoke::Report(&[3]), Invoke::Report(&[3])]);
    fake.run(Settings { max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!(fake.discarded(), [(Condition::RetryAttemptsExhausted, 2, vec![3, 4])]);
}

#[tokio::test(start_paused = true)]
async fn records_that_exceed_the_maximum_age_are_discarded() {
    let records = vec![(1, seconds(0)), (2, seconds(0)), (3, seconds(30))];
    let fake = Fake::of([("a", vec![], records)], vec![Invoke::Fail; 80]);
    let max_age = Some(seconds(60));
    fake.run(Settings { window: seconds(40), max_age, ..SETTINGS }).await;
    let discarded = fake.discarded();
    assert_eq!(
        discarded.iter().map(|(_, _, numbers)| numbers.clone()).collect::<Vec<_>>(),
        [vec![1, 2], vec![3]]
    );
    assert!(discarded.iter().all(|(condition, ..)| *condition == Condition::RecordAgeExceeded));
    // The last attempt is at the maximum age, and the next would be a second later.
    assert_eq!(fake.elapsed(), seconds(91));
}

#[tokio::test(start_paused = true)]
async fn expired_records_are_not_redelivered_and_no_message_is_sent() {
    let fake = Fake::with(1..=2, vec![Invoke::Fail; 70]);
    fake.run(Settings { retention: seconds(60), ..SETTINGS }).await;
    assert_eq!(*fake.expired.lock().unwrap(), [1, 2]);
    assert_eq!(fake.discarded(), []);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_gathered_until_the_window_ends_or_it_is_full() {
    let records = (1..=8).map(|number| (number, seconds(number))).collect();
    let fake = Fake::of([("a", vec![], records)], []);
    fake.run(Settings { batch_size: 4, window: seconds(2), ..SETTINGS }).await;
    // The first record arrives after a second.
    assert_eq!(fake.batches(), [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8]]);
    assert_eq!(fake.times(), [3, 6, 8]);
    assert_eq!(fake.limits.lock().unwrap()[..4], [4, 4, 3, 2]);

    let records = (1..=8).map(|number| (number, seconds(number))).collect();
    let fake = Fake::of([("a", vec![], records)], []);
    fake.run(Settings { batch_size: 2, window: seconds(300), ..SETTINGS }).await;
    assert_eq!(fake.batches(), [[1, 2], [3, 4], [5, 6], [7, 8]]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_shard_is_read_once_a_second() {
    let fake = Fake { is_open: true, ..Fake::of([("a", vec![], vec![(1, seconds(30))])], []) };
    timeout(seconds(60), fake.run(SETTINGS)).await.unwrap_err();
    assert_eq!(fake.batches(), [[1]]);
    let reads = fake.limits.lock().unwrap().len();
    assert!((58..=61).contains(&reads), "{reads}");
}

#[tokio::test(start_paused = true)]
async fn shards_are_delivered_concurrently_and_children_after_their_parents() {
    let one = |number| vec![(number, seconds(0))];
    let fake = Fake::of(
        [
            ("a", vec![], one(1)),
            ("b", vec!["a"], one(2)),
            // The result of a merge, and the child of a parent that is no longer listed.
            ("c", vec!["a", "d"], one(3)),
            ("d", vec!["gone"], one(4)),
        ],
        [Invoke::Take(seconds(5)), Invoke::Take(seconds(20))],
    );
    fake.run(SETTINGS).await;
    assert_eq!(fake.batches(), [[1], [4], [2], [3]]);
    assert_eq!(fake.times(), [0, 0, 5, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_hangs_does_not_hold_up_delivery() {
    let records = vec![(1, seconds(5)), (2, seconds(25))];
    let fake = Fake { is_open: true, is_listed_once: true, ..Fake::of([("a", vec![], records)], []) };
    timeout(seconds(60), fake.run(SETTINGS)).await.unwrap_err();
    assert_eq!(fake.batches(), [[1], [2]]);
    assert_eq!(*fake.listed.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn with_a_parallelization_factor_several_batches_are_in_flight_and_the_checkpoint_waits_for_all() {
    let fake = Fake::with(1..=40, vec![Invoke::Take(seconds(10)); 4]);
    let settings = Settings { batch_size: 10, parallelization_factor: 4, ..SETTINGS };
    timeout(seconds(5), fake.run(settings.clone())).await.unwrap_err();
    assert!(fake.batches().len() > 1 && fake.batches().concat().len() > 20);
    assert!(fake.checkpoints.lock().unwrap().is_empty());

    let fake = Fake::with(1..=40, []);
    fake.run(settings).await;
    let mut delivered = fake.batches().concat();
    delivered.sort_unstable();
    assert_eq!(delivered, (1..=40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_restarted_mapping_resumes_from_its_checkpoints() {
    let fake = Fake::with(1..=250, [Invoke::Report(&[]), Invoke::Take(seconds(60))]);
    timeout(seconds(30), fake.run(SETTINGS)).await.unwrap_err();
    fake.run(SETTINGS).await;
    let first: Vec<_> = fake.batches().iter().map(|numbers| numbers[0]).collect();
    assert_eq!(first, [1, 101, 101, 201]);
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_starts_at_a_time_skips_what_arrived_before_and_nothing_else() {
    let records = |numbers: [u64; 2]| numbers.map(|number| (number, seconds(number))).to_vec();
    // The shard is split after ten seconds.
    let shards =
        || [("a", vec![], records([4, 6])), ("b", vec!["a"], records([10, 12])), ("c", vec!["a"], vec![])];
    let started = || Settings { starting_position: Position::AtTimestamp(START + 5.seconds()), ..SETTINGS };
    let fake = Fake::of(shards(), []);
    fake.run(started()).await;
    assert_eq!(fake.batches().concat(), [6, 10, 12]);

    // Killed before the first checkpoint.
    let fake = Fake::of(shards(), [Invoke::Take(seconds(60))]);
    timeout(seconds(30), fake.run(started())).await.unwrap_err();
    assert!(fake.checkpoints.lock().unwrap().is_empty());
    fake.run(started()).await;
    assert_eq!(fake.batches().concat(), [6, 6, 10, 12]);
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_response_is_retried() {
    let fake = Fake::with(1..=2, [Invoke::NoResponse, Invoke::NoResponse]);
    *fake.outages.lock().unwrap() = 5;
    fake.run(SETTINGS).await;
    assert_eq!(fake.batches(), [[1, 2]; 3]);
    assert_eq!(fake.elapsed(), seconds(7));
}
