//! Every accepted like is counted exactly once, whatever fails.
//!
//! proptest prints a failing case with its seed and keeps the seed in a `.proptest-regressions` file, to run it first
//! next time.

#![cfg(test)]

mod simulated;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use like::{LikeEvent, LikeId};
use proptest::prelude::*;
use simulated::{TIMEOUT, run_paused, update_count};
use simulation::{Fault, Faults, Lambda, Queue, Record, Settings, Shard, Tables};
use tokio::time::{Instant, sleep_until};

/// The stream's retention period, as the Pulumi program sets it.
const RETENTION: Duration = Duration::from_hours(7 * 24);
/// The mapping's maximum record age, as the Pulumi program sets it.
const MAX_AGE: Duration = Duration::from_hours(7 * 24 - 1);

/// A line of a record.
#[derive(Debug, Clone)]
enum Line {
    /// A like of a movie, with or without a user. Equal ones are copies.
    Like { movie: u8, user: Option<u8>, number: u8 },
    /// A line that is not an event.
    Malformed(Malformed),
}

/// A line that is not an event, made of a character or byte repeated so many times.
#[derive(Debug, Clone)]
enum Malformed {
    Text(char, usize),
    /// An unknown version, which the reason quotes.
    Version(char, usize),
    Bytes(u8, usize),
}

/// A record that a producer puts on the stream.
#[derive(Debug, Clone)]
struct Produced {
    lines: Vec<Line>,
    partition_key: String,
}

fn like() -> impl Strategy<Value = Line> {
    (0..4_u8, proptest::option::of(0..3_u8), 0..16_u8).prop_map(|(movie, user, number)| Line::Like {
        movie,
        user,
        number,
    })
}

/// Most are short. Long ones exceed the size of a message, or would if they were escaped or quoted.
fn malformed() -> impl Strategy<Value = Line> {
    let times = || prop_oneof![60 => 1..50_usize, 1 => Just(100_000)];
    let character = || prop_oneof![any::<char>(), Just('\u{ffff}'), Just('\u{200b}'), Just('"')];
    prop_oneof![
        (character(), times()).prop_map(|(character, times)| Malformed::Text(character, times)),
        (character(), times()).prop_map(|(character, times)| Malformed::Version(character, times)),
        (128..=255_u8, times()).prop_map(|(byte, times)| Malformed::Bytes(byte, times)),
    ]
    .prop_map(Line::Malformed)
}

/// A partition key of up to 256 characters, Kinesis's limit.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>.
fn partition_key() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => (0..8_u8).prop_map(|key| format!("k{key}")),
        1 => proptest::collection::vec(any::<char>(), 1..=256).prop_map(String::from_iter),
    ]
}

fn produced() -> impl Strategy<Value = Produced> {
    let lines = prop_oneof![
        24 => like().prop_map(|line| vec![line]),
        2 => malformed().prop_map(|line| vec![line]),
        1 => proptest::collection::vec(prop_oneof![3 => like(), 1 => malformed()], 2..5),
    ];
    (lines, partition_key()).prop_map(|(lines, partition_key)| Produced { lines, partition_key })
}

impl Line {
    fn event(&self) -> Option<LikeEvent> {
        match self {
            Self::Like { movie, user, number } => {
                let id = format!("01a206c6-78fb-7cc3-98c4-0000000000{number:02x}");
                let id: LikeId = id.parse().unwrap();
                let user = user.map(|user| format!("u{user}").parse().unwrap());
                Some(LikeEvent::new(id, format!("m{movie}").parse().unwrap(), user))
            }
            Self::Malformed(_) => None,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::Like { .. } => self.event().unwrap().encode().unwrap(),
            Self::Malformed(Malformed::Text(character, times)) => {
                format!("!{}\n", character.to_string().repeat(*times)).into_bytes()
            }
            Self::Malformed(Malformed::Version(character, times)) => {
                let version = character.to_string().repeat(*times);
                format!("{}\n", serde_json::json!({ "version": version })).into_bytes()
            }
            Self::Malformed(Malformed::Bytes(byte, times)) => [&vec![*byte; *times][..], b"\n"].concat(),
        }
    }
}

impl Produced {
    fn events(&self) -> impl Iterator<Item = LikeEvent> {
        self.lines.iter().filter_map(Line::event)
    }

    fn is_malformed(&self) -> bool {
        self.lines.iter().any(|line| matches!(line, Line::Malformed(_)))
    }

    fn data(&self) -> Vec<u8> {
        self.lines.iter().flat_map(Line::data).collect()
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        6 => Just(Fault::None),
        2 => Just(Fault::Throttled),
        2 => Just(Fault::Conflict),
        2 => Just(Fault::EntryConflict),
        2 => Just(Fault::Spread),
        2 => Just(Fault::Fold),
        2 => Just(Fault::RequestLost),
        3 => Just(Fault::ResponseLost),
        1 => Just(Fault::Hang),
        2 => (1..20_u64).prop_map(|seconds| Fault::Slow(Duration::from_secs(seconds))),
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
            max_age: Some(MAX_AGE),
            retention: RETENTION,
            timeout: TIMEOUT,
        },
    )
}

/// The shards of a stream with these records. With `split`, every shard is split halfway.
fn stream(produced: &[Produced], shards: usize, split: bool) -> Vec<Shard> {
    let now = Instant::now();
    let record = |(number, produced): (usize, &Produced)| Record {
        sequence_number: (number + 1).to_string(),
        partition_key: produced.partition_key.clone(),
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

/// The expected counts: the number of distinct likes of each movie.
fn distinct(events: impl Iterator<Item = LikeEvent>) -> BTreeMap<String, u64> {
    let keys: BTreeSet<_> = events.map(|event| (event.movie_id.to_string(), event.key())).collect();
    let mut counts = BTreeMap::new();
    for (movie, _) in keys {
        *counts.entry(movie).or_default() += 1;
    }
    counts
}

/// The state after all records of a stream have been delivered.
struct End {
    tables: Tables,
    quarantined: BTreeSet<u64>,
    discarded: BTreeSet<u64>,
    expired: BTreeSet<u64>,
    invocations: usize,
}

fn run(settings: Settings, shards: &[Shard], faults: impl FnOnce() -> [Faults; 3]) -> End {
    run_paused(async {
        let [of_tables, of_quarantine, lost_checkpoints] = faults();
        let (tables, queue) = (Tables::new(of_tables), Queue::new(of_quarantine));
        deliver(settings, shards, tables, queue, lost_checkpoints).await
    })
}

/// Delivers the records of a stream, which arrive now.
async fn deliver(
    settings: Settings,
    shards: &[Shard],
    tables: Tables,
    queue: Queue,
    lost_checkpoints: Faults,
) -> End {
    let now = Instant::now();
    let mut shards = shards.to_vec();
    for shard in &mut shards {
        arrive(shard, now);
    }
    let lambda = Lambda::new(update_count, settings, shards, tables.clone(), queue.clone(), lost_checkpoints);
    lambda.run().await;
    End {
        tables,
        quarantined: queue.records().iter().map(|number| number.parse().unwrap()).collect(),
        discarded: lambda.discarded(),
        expired: lambda.expired(),
        invocations: lambda.invocations(),
    }
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
    fn every_like_is_counted_once_and_every_malformed_record_quarantined_whatever_fails(
        produced in proptest::collection::vec(produced(), 1..120),
        shards in 1..4_usize,
        split: bool,
        settings in settings(),
        of_tables in faults(),
        of_quarantine in faults(),
        lost_checkpoints in proptest::collection::vec(prop_oneof![3 => Just(Fault::None), 1 => Just(Fault::CrashAfter)], 0..10),
    ) {
        let end = run(settings, &stream(&produced, shards, split), || {
            [Faults::script(of_tables), Faults::script(of_quarantine), Faults::script(lost_checkpoints)]
        });

        prop_assert_eq!(end.tables.counts(), distinct(produced.iter().flat_map(Produced::events)));
        prop_assert_eq!(end.quarantined, numbers(&produced, Produced::is_malformed));
        prop_assert_eq!(end.discarded, BTreeSet::new());
        prop_assert_eq!(end.expired, BTreeSet::new());
    }
}

// An outage is hours of retries, so it has fewer cases.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn an_outage_of_the_tables_shorter_than_the_retention_loses_nothing(
        produced in proptest::collection::vec(produced(), 1..60),
        settings in settings(),
        fault in prop_oneof![Just(Fault::Throttled), Just(Fault::RequestLost), Just(Fault::ResponseLost), Just(Fault::Hang)],
        minutes in 1..20_u64,
    ) {
        let outage = Duration::from_mins(minutes);
        let end = run(settings, &stream(&produced, 1, false), || {
            [Faults::outage(fault, Instant::now() + outage), Faults::none(), Faults::none()]
        });

        prop_assert_eq!(end.tables.counts(), distinct(produced.iter().flat_map(Produced::events)));
        prop_assert_eq!(end.discarded, BTreeSet::new());
        prop_assert_eq!(end.expired, BTreeSet::new());
    }

    #[test]
    fn an_outage_longer_than_the_maximum_age_discards_records_and_their_likes_are_counted_once_redriven(
        produced in proptest::collection::vec(produced(), 1..40),
        split: bool,
        settings in settings(),
        fault in prop_oneof![Just(Fault::Throttled), Just(Fault::ResponseLost), Just(Fault::Hang), Just(Fault::CrashAfter)],
    ) {
        let settings =
            Settings { max_age: Some(Duration::from_mins(3)), retention: Duration::from_mins(5), ..settings };
        let (end, redriven) = run_paused(async {
            let over = Instant::now() + Duration::from_mins(6);
            let (tables, queue) = (Tables::new(Faults::outage(fault, over)), Queue::new(Faults::none()));
            let shards = stream(&produced, 2, split);
            let end = deliver(settings.clone(), &shards, tables.clone(), queue.clone(), Faults::none()).await;
            sleep_until(over).await;
            let is_discarded = |number: &usize| end.discarded.contains(&u64::try_from(number + 1).unwrap());
            let discarded: Vec<_> =
                (0..produced.len()).filter(is_discarded).map(|number| produced[number].clone()).collect();
            let again = stream(&discarded, 2, split);
            let redriven = deliver(settings, &again, tables, Queue::new(Faults::none()), Faults::none()).await;
            (end, redriven)
        });

        // None leaves the stream without a message.
        prop_assert_eq!(end.expired, BTreeSet::new());
        prop_assert_eq!(end.discarded.is_empty(), produced.iter().all(|produced| produced.events().next().is_none()));
        prop_assert_eq!(redriven.discarded, BTreeSet::new());
        prop_assert_eq!(redriven.tables.counts(), distinct(produced.iter().flat_map(Produced::events)));
        let malformed = numbers(&produced, Produced::is_malformed);
        prop_assert!(malformed.is_subset(&(&end.quarantined | &end.discarded)));
    }

    #[test]
    fn without_a_maximum_age_only_records_that_expire_before_they_are_done_are_lost(
        produced in proptest::collection::vec(produced(), 1..40),
        settings in settings(),
        fault in prop_oneof![Just(Fault::Throttled), Just(Fault::ResponseLost), Just(Fault::CrashAfter)],
    ) {
        let settings = Settings { max_age: None, retention: Duration::from_mins(5), ..settings };
        let end = run(settings, &stream(&produced, 2, false), || {
            [Faults::outage(fault, Instant::now() + Duration::from_mins(6)), Faults::none(), Faults::none()]
        });

        // An expired record's likes may be counted: the response to their transaction was lost. Ledger and count
        // still agree.
        let ledger = end.tables.ledger();
        for (number, produced) in (1..).zip(&produced) {
            for event in produced.events() {
                prop_assert!(
                    ledger.contains(event.key().as_str()) || end.expired.contains(&number),
                    "{} is neither counted nor expired", number
                );
            }
        }
        let sum: u64 = end.tables.counts().values().sum();
        prop_assert_eq!(sum, u64::try_from(ledger.len()).unwrap());
    }
}

/// Kinesis's maximum record size, in bytes: <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>.
const LARGEST_RECORD: usize = 10 * 1024 * 1024;

#[test]
fn the_largest_and_strangest_records_are_quarantined_and_the_likes_behind_them_are_counted() {
    let strange = "\u{ffff}\u{fffe}\0\u{1f}".repeat(64);
    for (malformed, partition_key) in [
        (Malformed::Version('A', 900_000), "k"),
        (Malformed::Version('\u{200b}', 110_000), "k"),
        (Malformed::Version('\u{1}', LARGEST_RECORD / 6 - 10), "k"),
        (Malformed::Text('\u{ffff}', LARGEST_RECORD / 3 - 1), "k"),
        (Malformed::Bytes(0xff, LARGEST_RECORD - 1), "k"),
        (Malformed::Text('p', 1), &strange),
    ] {
        let malformed =
            Produced { lines: vec![Line::Malformed(malformed)], partition_key: partition_key.to_owned() };
        assert!(malformed.data().len() <= LARGEST_RECORD);
        let like = |number: u16| Line::Like {
            movie: u8::try_from(number % 4).unwrap(),
            user: None,
            number: u8::try_from(number / 4 % 250).unwrap(),
        };
        let likes =
            (0..1000).map(|number| Produced { lines: vec![like(number)], partition_key: "k".to_owned() });
        let produced: Vec<_> = std::iter::once(malformed).chain(likes).collect();
        let settings = Settings {
            batch_sizes: vec![100],
            parallelization_factor: 1,
            bisect: true,
            max_age: Some(MAX_AGE),
            retention: RETENTION,
            timeout: TIMEOUT,
        };
        let end =
            run(settings, &stream(&produced, 1, false), || [Faults::none(), Faults::none(), Faults::none()]);
        assert_eq!(end.quarantined, BTreeSet::from([1]));
        assert_eq!(end.tables.counts().into_values().sum::<u64>(), 1000);
        // 1,001 records in batches of 100. A record too large to share an invocation has one to itself.
        assert!(end.invocations <= 12, "{}", end.invocations);
        assert_eq!(end.expired, BTreeSet::new());
    }
}
