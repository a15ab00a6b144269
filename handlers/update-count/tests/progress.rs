//! However slow the tables are and however often they fail, every invocation makes progress and repeats little work.
//!
//! proptest prints a failing case with its seed and keeps the seed in a `.proptest-regressions` file, to run it first
//! next time.

#![cfg(test)]

mod simulated;

use std::{collections::BTreeMap, time::Duration};

use counting::{CONCURRENCY, MAX_KEYS, MAX_LIKES};
use jiff::Timestamp;
use like::{LikeEvent, LikeId};
use proptest::prelude::*;
use simulated::{TIMEOUT, run_paused, update_count};
use simulation::{Fault, Faults, Lambda, Queue, Record, Settings, Shard, Tables};
use tokio::time::Instant;

/// The minimum time for counting in an invocation: its timeout less 7 s for the quarantine and the response, less a
/// quarter for lookups.
const TIME_TO_COUNT: Duration = Duration::from_millis(53_000 * 3 / 4);

/// The cost of counting one batch.
#[derive(Debug)]
struct Effort {
    counted: u64,
    invocations: usize,
    calls: usize,
    write_units: usize,
    took: Duration,
}

/// Counts one batch with a record for each of these movies, in this order, that holds one like.
fn count(movies: &[usize], bisect: bool, faults: Vec<Fault>) -> Effort {
    count_records(&movies.iter().map(|movie| vec![*movie]).collect::<Vec<_>>(), bisect, faults)
}

/// Counts one batch of records. Each holds a like of each of its movies.
fn count_records(records: &[Vec<usize>], bisect: bool, faults: Vec<Fault>) -> Effort {
    run_paused(async {
        let started = Instant::now();
        let event = |movie: &usize| {
            // In alphabetical order, the movie that arrives first is the last.
            let movie = format!("m{}", 9999 - movie).parse().unwrap();
            LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie, None).encode().unwrap()
        };
        let record = |(number, movies): (usize, &Vec<usize>)| Record {
            sequence_number: (number + 1).to_string(),
            partition_key: "k".to_owned(),
            data: movies.iter().flat_map(event).collect(),
            arrived: started,
        };
        let shard = Shard { records: records.iter().enumerate().map(record).collect(), children: vec![] };
        let settings = Settings {
            batch_sizes: vec![records.len()],
            parallelization_factor: 1,
            bisect,
            max_age: None,
            // Enough for more than a hundred invocations. Without progress, the test then fails instead of running
            // forever.
            retention: Duration::from_hours(2),
            timeout: TIMEOUT,
        };
        let tables = Tables::new(Faults::repeated(faults));
        let queue = Queue::new(Faults::none());
        let lambda = Lambda::new(update_count, settings, vec![shard], tables.clone(), queue, Faults::none());
        lambda.run().await;
        assert_eq!(lambda.expired().len(), 0);
        Effort {
            counted: tables.counts().values().sum(),
            invocations: lambda.invocations(),
            calls: tables.calls(),
            write_units: tables.write_units(),
            took: started.elapsed(),
        }
    })
}

/// The number of transactions that these likes need without faults, and the largest number for one movie.
fn transactions(movies: &[usize]) -> (usize, usize) {
    let mut likes: BTreeMap<usize, usize> = BTreeMap::new();
    for movie in movies {
        *likes.entry(*movie).or_default() += 1;
    }
    let needed = likes.values().map(|likes| likes.div_ceil(MAX_LIKES));
    (needed.clone().sum(), needed.max().unwrap_or(0))
}

#[test]
fn without_faults_a_thousand_likes_of_one_movie_are_counted_without_a_pause() {
    let effort = count(&[0; 1000], true, vec![]);
    assert_eq!((effort.counted, effort.invocations, effort.took), (1000, 1, Duration::ZERO));
    // 10 lookups and 11 transactions.
    assert_eq!((effort.calls, effort.write_units), (21, 2 * (1000 + 11)));
}

#[test]
fn a_thousand_movies_at_a_second_a_call_are_counted_in_two_invocations() {
    let movies: Vec<_> = (0..1000).collect();
    let effort = count(&movies, true, vec![Fault::Slow(Duration::from_secs(1))]);
    assert_eq!((effort.counted, effort.invocations), (1000, 2), "{effort:?}");
    // The next invocation finds the likes of transactions in flight at the deadline, so nothing is written twice.
    assert_eq!(effort.write_units, 1000 * 2 * 2, "{effort:?}");
}

#[test]
fn a_record_of_thousands_of_lines_is_counted_however_slow_the_calls_are() {
    // Lambda redelivers the whole record, so every invocation must find the likes that were counted before.
    let record: Vec<_> = (0..4000).collect();
    let effort = count_records(&[record], true, vec![Fault::Slow(Duration::from_secs(5))]);
    assert_eq!(effort.counted, 4000);
    assert!(effort.invocations <= 4000 / (16 * 6), "{effort:?}");
    assert_eq!(effort.write_units, 4000 * 2 * 2, "{effort:?}");
}

#[test]
fn a_batch_of_duplicates_costs_no_write() {
    // The second invocation finds the likes that the first one counted before it crashed.
    let faults = [vec![Fault::None; 10], vec![Fault::None; 999], vec![Fault::CrashAfter]].concat();
    let movies: Vec<_> = (0..1000).collect();
    let effort = count(&movies, false, [faults, vec![Fault::None; 2000]].concat());
    assert_eq!((effort.counted, effort.invocations), (1000, 2), "{effort:?}");
    assert_eq!(effort.write_units, 1000 * 2 * 2, "{effort:?}");
}

/// The movies of a batch's likes, in any order.
fn movies() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        (1..1000_usize).prop_map(|number| (0..number).collect()),
        (1..300_usize, 1..1000_usize)
            .prop_flat_map(|(movies, likes)| { proptest::collection::vec(0..movies, likes) }),
    ]
}

/// A fault that makes a call fail.
fn failure() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Throttled),
        Just(Fault::Conflict),
        Just(Fault::EntryConflict),
        Just(Fault::RequestLost),
        Just(Fault::ResponseLost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Calls take up to twelve seconds, and one fails after `good` that succeed. If an invocation has time for `k`
    /// calls that succeed, `n` transactions take about `n / k` invocations.
    #[test]
    fn a_batch_takes_as_many_invocations_as_its_calls_take_time(
        movies in movies(),
        latency in (1..12_000_u64).prop_map(Duration::from_millis),
        failure in failure(),
        good in 2..6_usize,
        bisect: bool,
    ) {
        let faults = [vec![Fault::Slow(latency); good], vec![failure]].concat();
        let effort = count(&movies, bisect, faults);
        prop_assert_eq!(effort.counted, u64::try_from(movies.len()).unwrap());

        let (needed, of_one_movie) = transactions(&movies);
        // A call that succeeds and its share of a failed one, which takes up to 2 s and a backoff of up to 2 s.
        let call = latency + Duration::from_secs(4) / u32::try_from(good).unwrap();
        let calls_in_turn = usize::try_from(TIME_TO_COUNT.as_millis() / call.as_millis()).unwrap();
        let k = calls_in_turn * CONCURRENCY;
        // The transactions of one movie run one at a time.
        let expected = needed.div_ceil(k) + of_one_movie.div_ceil(calls_in_turn);
        // Failures that cluster may take half of the time, and duplicates whose lookup failed half of the rest.
        prop_assert!(effort.invocations <= 4 * expected + 1, "{expected} for {needed} with {k}: {effort:?}");

        // Some lookups fail. The duplicates that they miss are then found by transactions.
        let lookups = movies.len().div_ceil(MAX_KEYS);
        let missed = effort.invocations * lookups.div_ceil(good + 1) * MAX_KEYS;
        let cut_off = effort.invocations * CONCURRENCY;
        let calls = 2 * (needed + missed) + cut_off + effort.invocations * lookups;
        prop_assert!(effort.calls <= calls, "{calls}: {effort:?}");
        let write_units = 2 * 2 * (movies.len() + needed + missed + cut_off);
        prop_assert!(effort.write_units <= write_units, "{write_units}: {effort:?}");
    }
}
