//! However slow the tables are and however often they fail, each invocation gets on, and pays for little twice.
//!
//! A failing case is printed with its seed and kept in `proptest-regressions`, to be tried first from then on.

#![cfg(test)]

use std::{
    collections::BTreeMap,
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::{kinesis::KinesisEvent, streams::KinesisEventResponse};
use counting::{CONCURRENCY, MAX_KEYS, MAX_LIKES};
use jiff::Timestamp;
use like::{LikeEvent, LikeId};
use proptest::prelude::*;
use simulation::{Fault, Faults, Invocation, Lambda, Queue, Record, Settings, Shard, Tables};
use tokio::time::Instant;
use update_count::UpdateCount;

/// How long the function may take: as the Pulumi program sets it.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long an invocation counts at the least: its time less 7 s for quarantine and answer, of which a quarter may go
/// into asking the ledger.
const TIME_TO_COUNT: Duration = Duration::from_millis(53_000 * 3 / 4);

/// `UpdateCount`, as the simulated Lambda invokes it.
async fn update_count(
    invocation: Invocation,
    batch: KinesisEvent,
    deadline: SystemTime,
) -> KinesisEventResponse {
    UpdateCount::new(invocation.clone(), invocation).handle(batch, deadline).await
}

/// What it took to count one batch.
#[derive(Debug)]
struct Effort {
    counted: u64,
    invocations: usize,
    calls: usize,
    write_units: usize,
    took: Duration,
}

/// Counts one batch with a like of each of these movies, in this order, in a record each.
fn count(movies: &[usize], bisect: bool, faults: Vec<Fault>) -> Effort {
    count_records(&movies.iter().map(|movie| vec![*movie]).collect::<Vec<_>>(), bisect, faults)
}

/// Counts one batch of records with likes of these movies.
fn count_records(records: &[Vec<usize>], bisect: bool, faults: Vec<Fault>) -> Effort {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        let event = |movie: &usize| {
            // Alphabetically, the movie that arrives first comes last.
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
            // Enough for more than a hundred invocations: who makes no progress fails, and does not try for ever.
            retention: Duration::from_hours(2),
            timeout: TIMEOUT,
        };
        let tables = Tables::new(Faults::over_and_over(faults));
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

/// The transactions that these likes need if nothing fails, and the most that one movie needs.
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
    // 10 questions to the ledger and 11 transactions.
    assert_eq!((effort.calls, effort.write_units), (21, 2 * (1000 + 11)));
}

#[test]
fn a_thousand_movies_at_a_second_a_call_are_counted_in_two_invocations() {
    let movies: Vec<_> = (0..1000).collect();
    let effort = count(&movies, true, vec![Fault::Slow(Duration::from_secs(1))]);
    assert_eq!((effort.counted, effort.invocations), (1000, 2), "{effort:?}");
    // What is cut off at the deadline is known the next time, and nothing is paid for twice.
    assert_eq!(effort.write_units, 1000 * 2 * 2, "{effort:?}");
}

#[test]
fn a_record_of_thousands_of_lines_gets_done_however_slow_the_calls_are() {
    // Lambda cannot pass over a part of it, so each invocation has to find all that was done before.
    let record: Vec<_> = (0..4000).collect();
    let effort = count_records(&[record], true, vec![Fault::Slow(Duration::from_secs(5))]);
    assert_eq!(effort.counted, 4000);
    assert!(effort.invocations <= 4000 / (16 * 6), "{effort:?}");
    assert_eq!(effort.write_units, 4000 * 2 * 2, "{effort:?}");
}

#[test]
fn a_batch_of_which_all_is_known_costs_no_write() {
    // The second invocation finds what the first one wrote before it crashed.
    let faults = [vec![Fault::None; 10], vec![Fault::None; 999], vec![Fault::CrashAfter]].concat();
    let movies: Vec<_> = (0..1000).collect();
    let effort = count(&movies, false, [faults, vec![Fault::None; 2000]].concat());
    assert_eq!((effort.counted, effort.invocations), (1000, 2), "{effort:?}");
    assert_eq!(effort.write_units, 1000 * 2 * 2, "{effort:?}");
}

/// Movies in any order, each with any number of likes.
fn movies() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        (1..1000_usize).prop_map(|number| (0..number).collect()),
        (1..300_usize, 1..1000_usize)
            .prop_flat_map(|(movies, likes)| { proptest::collection::vec(0..movies, likes) }),
    ]
}

/// What makes a call fail that could have been carried out.
fn failure() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(Fault::Throttled),
        Just(Fault::Conflict),
        Just(Fault::EntryConflict),
        Just(Fault::RequestLost),
        Just(Fault::AnswerLost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Calls take up to twelve seconds, and one of so many fails. When there is time for `k` good calls in an
    /// invocation, `n` transactions need about `n / k` invocations.
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
        // A good call and its share of a failed one, which takes up to 2 s and a pause of up to 2 s.
        let call = latency + Duration::from_secs(4) / u32::try_from(good).unwrap();
        let calls_in_turn = usize::try_from(TIME_TO_COUNT.as_millis() / call.as_millis()).unwrap();
        let k = calls_in_turn * CONCURRENCY;
        // The transactions of one movie take their turns.
        let expected = needed.div_ceil(k) + of_one_movie.div_ceil(calls_in_turn);
        // Half of the time may be lost to failures that come together, and half of what is left to likes that are known
        // and of which the question failed.
        prop_assert!(effort.invocations <= 4 * expected + 1, "{expected} for {needed} with {k}: {effort:?}");

        // Of the questions some fail, and each leaves the likes that it asked for to be found by a transaction.
        let questions = movies.len().div_ceil(MAX_KEYS);
        let missed = effort.invocations * questions.div_ceil(good + 1) * MAX_KEYS;
        let cut_off = effort.invocations * CONCURRENCY;
        let calls = 2 * (needed + missed) + cut_off + effort.invocations * questions;
        prop_assert!(effort.calls <= calls, "{calls}: {effort:?}");
        let write_units = 2 * 2 * (movies.len() + needed + missed + cut_off);
        prop_assert!(effort.write_units <= write_units, "{write_units}: {effort:?}");
    }
}
