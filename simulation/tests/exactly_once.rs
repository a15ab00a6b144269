//! Every accepted like is counted exactly once, whatever fails.
//!
//! A failing case is printed with its seed and kept in `proptest-regressions`, to be tried first from then on.

#![cfg(test)]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use like::{LikeEvent, LikeId};
use proptest::prelude::*;
use simulation::{Aside, Fault, Faults, Mapping, Record, Settings, Shard, Tables};
use tokio::time::Instant;

/// How long the function may take: as the Pulumi program sets it.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How long the stream keeps a record: as the Pulumi program sets it.
const RETENTION: Duration = Duration::from_hours(7 * 24);

/// A record that a producer makes.
#[derive(Debug, Clone)]
enum Produced {
    /// A like of a movie, by a user or by nobody; two with the same numbers are copies.
    Like { movie: u8, user: Option<u8>, number: u8 },
    /// Something else.
    Poison,
}

fn produced() -> impl Strategy<Value = Produced> {
    prop_oneof![
        12 => (0..4_u8, proptest::option::of(0..3_u8), 0..16_u8)
            .prop_map(|(movie, user, number)| Produced::Like { movie, user, number }),
        1 => Just(Produced::Poison),
    ]
}

impl Produced {
    fn event(&self) -> Option<LikeEvent> {
        match self {
            Self::Like { movie, user, number } => {
                let id = format!("01a206c6-78fb-7cc3-98c4-0000000000{number:02x}");
                let id: LikeId = id.parse().unwrap();
                let user = user.map(|user| format!("u{user}").parse().unwrap());
                Some(LikeEvent::new(id, format!("m{movie}").parse().unwrap(), user))
            }
            Self::Poison => None,
        }
    }

    fn data(&self) -> Vec<u8> {
        self.event().map_or_else(|| b"poison".to_vec(), |event| event.encode().unwrap())
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        2 => Just(Fault::Throttled),
        2 => Just(Fault::Conflict),
        2 => Just(Fault::EntryConflict),
        2 => Just(Fault::RequestLost),
        3 => Just(Fault::AnswerLost),
        1 => Just(Fault::Hang),
        2 => Just(Fault::CrashBefore),
        3 => Just(Fault::CrashAfter),
    ]
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    proptest::collection::vec(fault(), 0..40)
}

fn settings() -> impl Strategy<Value = Settings> {
    (proptest::collection::vec(1..40_usize, 1..5), 1..4_usize, any::<bool>()).prop_map(
        |(batch_sizes, parallelization_factor, bisect)| Settings {
            batch_sizes,
            parallelization_factor,
            bisect,
            retention: RETENTION,
            timeout: TIMEOUT,
        },
    )
}

/// Puts what was produced on a stream of as many shards, some of which are split halfway.
fn stream(produced: &[Produced], shards: usize, split: bool) -> Vec<Shard> {
    let now = Instant::now();
    let record = |(number, produced): (usize, &Produced)| Record {
        sequence_number: u64::try_from(number).unwrap() + 1,
        data: produced.data(),
        arrived: now,
    };
    let records: Vec<_> = produced.iter().enumerate().map(record).collect();
    let every = |records: &[Record], first: usize, step: usize| -> Vec<Record> {
        records.iter().skip(first).step_by(step).cloned().collect()
    };
    (0..shards)
        .map(|shard| {
            let records = every(&records, shard, shards);
            if !split {
                return Shard { records, children: vec![] };
            }
            let (before, after) = records.split_at(records.len() / 2);
            let child = |first| Shard { records: every(after, first, 2), children: vec![] };
            Shard { records: before.to_vec(), children: vec![child(0), child(1)] }
        })
        .collect()
}

/// The counts that these records must end in: the distinct likes of each movie.
fn distinct(produced: impl Iterator<Item = LikeEvent>) -> BTreeMap<String, u64> {
    let keys: BTreeSet<_> = produced.map(|event| (event.movie_id.to_string(), event.key())).collect();
    let mut counts = BTreeMap::new();
    for (movie, _) in keys {
        *counts.entry(movie).or_default() += 1;
    }
    counts
}

/// What there is after all records of a stream have been delivered.
struct End {
    tables: Tables,
    quarantined: BTreeSet<u64>,
    expired: BTreeSet<u64>,
    took: Duration,
}

fn run(settings: Settings, shards: &[Shard], faults: impl FnOnce() -> [Faults; 3]) -> End {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let started = Instant::now();
        // The records arrived when time began for this run, not for the test's.
        let mut shards = shards.to_vec();
        for shard in &mut shards {
            arrive(shard, started);
        }
        let [of_tables, of_quarantine, lost_notes] = faults();
        let (tables, aside) = (Tables::new(of_tables), Aside::new(of_quarantine));
        let mapping = Mapping::new(settings, tables.clone(), aside.clone(), lost_notes);
        futures::future::join_all(shards.iter().map(|shard| mapping.deliver(shard))).await;
        let quarantined = aside.records().iter().map(|number| number.parse().unwrap()).collect();
        End { tables, quarantined, expired: mapping.expired(), took: started.elapsed() }
    })
}

fn arrive(shard: &mut Shard, time: Instant) {
    for record in &mut shard.records {
        record.arrived = time;
    }
    for child in &mut shard.children {
        arrive(child, time);
    }
}

fn numbers(produced: &[Produced], wanted: impl Fn(&Produced) -> bool) -> BTreeSet<u64> {
    (1..).zip(produced).filter(|(_, produced)| wanted(produced)).map(|(number, _)| number).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn each_like_is_counted_once_and_each_poison_quarantined_whatever_fails(
        produced in proptest::collection::vec(produced(), 1..120),
        shards in 1..4_usize,
        split: bool,
        settings in settings(),
        of_tables in faults(),
        of_quarantine in faults(),
        lost_notes in proptest::collection::vec(prop_oneof![3 => Just(Fault::None), 1 => Just(Fault::CrashAfter)], 0..10),
    ) {
        let end = run(settings, &stream(&produced, shards, split), || {
            [Faults::script(of_tables), Faults::script(of_quarantine), Faults::script(lost_notes)]
        });

        prop_assert_eq!(end.tables.counts(), distinct(produced.iter().filter_map(Produced::event)));
        let poison = numbers(&produced, |produced| matches!(produced, Produced::Poison));
        prop_assert_eq!(end.quarantined, poison);
        prop_assert_eq!(end.expired, BTreeSet::new());
    }

}

// An outage is hours of tries, so there are fewer cases of it.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_outage_of_the_tables_that_ends_in_time_loses_nothing(
        produced in proptest::collection::vec(produced(), 1..60),
        settings in settings(),
        fault in prop_oneof![Just(Fault::Throttled), Just(Fault::RequestLost), Just(Fault::AnswerLost), Just(Fault::Hang)],
        minutes in 1..20_u64,
    ) {
        let outage = Duration::from_mins(minutes);
        let end = run(settings, &stream(&produced, 1, false), || {
            [Faults::outage(fault, Instant::now() + outage), Faults::none(), Faults::none()]
        });

        prop_assert_eq!(end.tables.counts(), distinct(produced.iter().filter_map(Produced::event)));
        prop_assert_eq!(end.expired, BTreeSet::new());
    }

    #[test]
    fn what_leaves_the_stream_uncounted_is_told_and_nothing_else_is_lost(
        produced in proptest::collection::vec(produced(), 1..40),
        settings in settings(),
        fault in prop_oneof![Just(Fault::Throttled), Just(Fault::AnswerLost), Just(Fault::CrashAfter)],
    ) {
        let settings = Settings { retention: Duration::from_mins(5), ..settings };
        let end = run(settings, &stream(&produced, 2, false), || {
            [Faults::outage(fault, Instant::now() + Duration::from_mins(6)), Faults::none(), Faults::none()]
        });

        // A write whose answer was lost has counted its likes, and ledger and count agree all the same.
        let ledger = end.tables.ledger();
        for (number, produced) in (1..).zip(&produced) {
            let Some(event) = produced.event() else { continue };
            prop_assert!(
                ledger.contains(event.key().as_str()) || end.expired.contains(&number),
                "{} is neither counted nor told", number
            );
        }
        let sum: u64 = end.tables.counts().values().sum();
        prop_assert_eq!(sum, u64::try_from(ledger.len()).unwrap());
    }
}

#[test]
fn without_faults_a_thousand_likes_of_one_movie_are_counted_without_a_pause() {
    let produced: Vec<_> = (0..1000_u32)
        .map(|number| {
            let id = LikeId::new(Timestamp::from_second(i64::from(number)).unwrap());
            LikeEvent::new(id, "m".parse().unwrap(), None)
        })
        .collect();
    let records = (1..)
        .zip(&produced)
        .map(|(sequence_number, event)| Record {
            sequence_number,
            data: event.encode().unwrap(),
            arrived: Instant::now(),
        })
        .collect();
    let settings = Settings {
        batch_sizes: vec![1000],
        parallelization_factor: 1,
        bisect: true,
        retention: RETENTION,
        timeout: TIMEOUT,
    };
    let end = run(settings, &[Shard { records, children: vec![] }], || {
        [Faults::none(), Faults::none(), Faults::none()]
    });
    assert_eq!(end.tables.counts(), BTreeMap::from([("m".to_owned(), 1000)]));
    assert_eq!(end.took, Duration::ZERO);
}
