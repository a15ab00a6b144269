//! Each rule of the mapping, on a stream and a function of the test's own. Time is tokio's and stands still but for
//! pauses.

#![cfg(test)]

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    sync::Mutex,
    time::Duration,
};

use mapping::{Answer, Condition, GivenUp, Host, Mapping, Position, Read, Record, Settings, Shard};
use thiserror::Error;
use tokio::time::{Instant, sleep, timeout};

const RETENTION: Duration = Duration::from_hours(24);

const SETTINGS: Settings = Settings {
    batch_size: 100,
    window: Duration::ZERO,
    parallelization_factor: 1,
    report_batch_item_failures: true,
    bisect: false,
    max_retries: None,
    max_age: None,
    retention: RETENTION,
};

/// What the function does with a batch.
#[derive(Debug, Clone)]
enum Act {
    /// It returns these numbers as failed.
    Report(&'static [u64]),
    Fail,
    /// It is not invoked, or its answer is lost.
    NoAnswer,
    /// It succeeds, and takes this long.
    Take(Duration),
}

type Parents = Vec<&'static str>;
/// Their numbers, and when they come, from the start.
type Records = Vec<(u64, Duration)>;

/// A stream of closed shards, a function by script, and what was seen.
#[derive(Debug, Default)]
struct World {
    shards: BTreeMap<&'static str, (Parents, Records)>,
    /// Whether the shards stay open.
    is_open: bool,
    /// Whether the stream tells its shards no more than once.
    is_listed_once: bool,
    listed: Mutex<usize>,
    acts: Mutex<VecDeque<Act>>,
    /// How often the stream does not answer, and how often the checkpoint is not kept.
    outages: Mutex<usize>,
    checkpoints: Mutex<BTreeMap<String, String>>,
    invoked: Mutex<Vec<(Duration, String, Vec<u64>)>>,
    given_up: Mutex<Vec<(Condition, u32, Vec<u64>)>>,
    expired: Mutex<Vec<u64>>,
    /// How many records each read asked for.
    asked: Mutex<Vec<usize>>,
    started: Option<Instant>,
}

#[derive(Debug, Error)]
#[error("no answer")]
struct NoAnswer;

fn number(record: &Record) -> u64 {
    record.sequence_number.parse().unwrap()
}

fn numbers(records: &[Record]) -> Vec<u64> {
    records.iter().map(number).collect()
}

impl World {
    /// One shard whose records are all there.
    fn with(records: impl IntoIterator<Item = u64>, acts: impl IntoIterator<Item = Act>) -> Self {
        let records = records.into_iter().map(|number| (number, Duration::ZERO)).collect();
        Self::of([("a", vec![], records)], acts)
    }

    fn of(
        shards: impl IntoIterator<Item = (&'static str, Parents, Records)>,
        acts: impl IntoIterator<Item = Act>,
    ) -> Self {
        let shards = shards.into_iter().map(|(id, parents, records)| (id, (parents, records))).collect();
        let started = Some(Instant::now());
        Self { shards, acts: Mutex::new(acts.into_iter().collect()), started, ..Self::default() }
    }

    fn elapsed(&self) -> Duration {
        self.started.unwrap().elapsed()
    }

    fn outage(&self) -> Result<(), NoAnswer> {
        let mut left = self.outages.lock().unwrap();
        let has_failed = *left > 0;
        *left = left.saturating_sub(1);
        if has_failed { Err(NoAnswer) } else { Ok(()) }
    }

    async fn run(&self, settings: Settings) {
        Mapping::new(settings, self).run().await;
    }

    /// The numbers of each invocation.
    fn batches(&self) -> Vec<Vec<u64>> {
        self.invoked.lock().unwrap().iter().map(|(_, _, numbers)| numbers.clone()).collect()
    }

    /// When each invocation began, in seconds.
    fn times(&self) -> Vec<u64> {
        self.invoked.lock().unwrap().iter().map(|(time, ..)| time.as_secs()).collect()
    }

    fn given_up(&self) -> Vec<(Condition, u32, Vec<u64>)> {
        self.given_up.lock().unwrap().clone()
    }
}

impl Host for &World {
    type Error = NoAnswer;

    async fn shards(&self) -> Result<Vec<Shard>, NoAnswer> {
        self.outage()?;
        *self.listed.lock().unwrap() += 1;
        if self.is_listed_once && *self.listed.lock().unwrap() > 1 {
            pending::<()>().await;
        }
        let shard = |(id, (parents, _)): (&&str, &(Vec<&str>, _))| Shard {
            id: (*id).to_owned(),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
        };
        Ok(self.shards.iter().map(shard).collect())
    }

    async fn read(&self, shard: &str, position: &Position, most: usize) -> Result<Read, NoAnswer> {
        self.outage()?;
        self.asked.lock().unwrap().push(most);
        let after = match position {
            Position::TrimHorizon => 0,
            Position::After(number) => number.parse().unwrap(),
        };
        let (_, records) = &self.shards[shard];
        let left = || records.iter().filter(|(number, _)| *number > after);
        let there = left().filter(|(_, comes)| *comes <= self.elapsed());
        let record = |(number, comes): &(u64, Duration)| Record {
            sequence_number: number.to_string(),
            partition_key: format!("k{number}"),
            data: vec![],
            arrived: self.started.unwrap() + *comes,
        };
        let read: Vec<_> = there.clone().take(most).map(record).collect();
        let has_more = there.count() > read.len();
        Ok(Read { is_closed: !self.is_open && left().count() == read.len(), has_more, records: read })
    }

    async fn invoke(&self, shard: &str, batch: &[Record]) -> Result<Answer, NoAnswer> {
        let invoked = (self.elapsed(), shard.to_owned(), numbers(batch));
        self.invoked.lock().unwrap().push(invoked);
        let act = self.acts.lock().unwrap().pop_front();
        match act.unwrap_or(Act::Report(&[])) {
            Act::Report(failed) => {
                let failed: Vec<_> = failed
                    .iter()
                    .map(|number| serde_json::json!({"itemIdentifier": number.to_string()}))
                    .collect();
                let answer = serde_json::json!({"batchItemFailures": failed});
                Ok(Answer::read(answer.to_string().as_bytes()))
            }
            Act::Fail => Ok(Answer::Failed),
            Act::NoAnswer => Err(NoAnswer),
            Act::Take(time) => {
                sleep(time).await;
                Ok(Answer::read(b""))
            }
        }
    }

    async fn give_up(&self, given_up: GivenUp<'_>) {
        let GivenUp { condition, invocations, records, .. } = given_up;
        self.given_up.lock().unwrap().push((condition, invocations, numbers(records)));
    }

    fn expired(&self, _shard: &str, records: &[Record]) {
        self.expired.lock().unwrap().extend(numbers(records));
    }

    fn checkpoint(&self, shard: &str) -> Option<String> {
        self.checkpoints.lock().unwrap().get(shard).cloned()
    }

    fn set_checkpoint(&self, shard: &str, sequence_number: &str) -> Result<(), NoAnswer> {
        self.outage()?;
        self.checkpoints.lock().unwrap().insert(shard.to_owned(), sequence_number.to_owned());
        Ok(())
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn batches_are_delivered_in_order_and_the_next_when_one_is_done() {
    let world = World::with(1..=250, [Act::Take(seconds(20)), Act::Take(seconds(5))]);
    world.run(SETTINGS).await;
    assert_eq!(
        world.batches(),
        [(1..=100).collect(), (101..=200).collect(), (201..=250).collect::<Vec<_>>()]
    );
    assert_eq!(world.times(), [0, 20, 25]);
    assert_eq!(world.checkpoints.lock().unwrap()["a"], "250");
}

#[tokio::test(start_paused = true)]
async fn from_the_lowest_number_that_failed_on_all_is_delivered_again_as_one_batch() {
    for bisect in [false, true] {
        let world = World::with(1..=6, [Act::Report(&[5, 3]), Act::Report(&[3])]);
        world.run(Settings { bisect, ..SETTINGS }).await;
        assert_eq!(world.batches(), [vec![1, 2, 3, 4, 5, 6], vec![3, 4, 5, 6], vec![3, 4, 5, 6]]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_an_answer_reports_counts_only_if_the_mapping_asks_for_it() {
    let world = World::with(1..=6, [Act::Report(&[3])]);
    world.run(Settings { report_batch_item_failures: false, ..SETTINGS }).await;
    assert_eq!(world.batches().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_batch_whose_invocation_failed_is_halved_if_the_mapping_says_so() {
    let acts = [Act::Fail, Act::Fail, Act::Report(&[])];
    let world = World::with(1..=4, acts.clone());
    world.run(Settings { bisect: true, ..SETTINGS }).await;
    assert_eq!(world.batches(), [vec![1, 2, 3, 4], vec![1, 2], vec![1], vec![2], vec![3, 4]]);

    let world = World::with(1..=4, acts);
    world.run(SETTINGS).await;
    assert_eq!(world.batches(), [[1, 2, 3, 4]; 3]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_names_a_stranger_is_a_failure() {
    let world = World::with(1..=4, [Act::Report(&[9])]);
    world.run(Settings { bisect: true, ..SETTINGS }).await;
    assert_eq!(world.batches(), [vec![1, 2, 3, 4], vec![1, 2], vec![3, 4]]);
}

#[tokio::test(start_paused = true)]
async fn what_was_tried_as_often_as_allowed_is_given_up_and_told_and_the_rest_is_delivered() {
    let fail = || vec![Act::Fail; 3];
    let world = World::with(1..=4, [fail(), vec![Act::Report(&[3])]].concat());
    world.run(Settings { batch_size: 2, max_retries: Some(2), ..SETTINGS }).await;
    assert_eq!(world.given_up(), [(Condition::RetryAttemptsExhausted, 3, vec![1, 2])]);
    assert_eq!(world.batches()[3..], [[3, 4], [3, 4]]);
    assert_eq!(world.checkpoints.lock().unwrap()["a"], "4");
}

#[tokio::test(start_paused = true)]
async fn neither_a_split_nor_an_invocation_that_never_began_is_a_try() {
    // All of four fail, then both of the first two, then the first by itself; it is tried once more.
    let acts = [Act::NoAnswer, Act::Fail, Act::Fail, Act::NoAnswer, Act::Fail, Act::Fail];
    let world = World::with(1..=4, acts);
    world.run(Settings { bisect: true, max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!(world.given_up(), [(Condition::RetryAttemptsExhausted, 4, vec![1])]);
    assert_eq!(world.batches()[6..], [vec![2], vec![3, 4]]);

    // What remains of a batch is a split.
    let world = World::with(1..=4, [Act::Report(&[2]), Act::Report(&[3]), Act::Report(&[3])]);
    world.run(Settings { bisect: true, max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!((world.given_up(), world.batches().len()), (vec![], 4));

    // Without bisection it is a try.
    let world = World::with(1..=4, [Act::Report(&[2]), Act::Report(&[3]), Act::Report(&[3])]);
    world.run(Settings { max_retries: Some(1), ..SETTINGS }).await;
    assert_eq!(world.given_up(), [(Condition::RetryAttemptsExhausted, 2, vec![3, 4])]);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_allowed_is_given_up_and_told() {
    let records = vec![(1, seconds(0)), (2, seconds(0)), (3, seconds(30))];
    let world = World::of([("a", vec![], records)], vec![Act::Fail; 80]);
    let max_age = Some(seconds(60));
    world.run(Settings { window: seconds(40), max_age, ..SETTINGS }).await;
    let given_up = world.given_up();
    assert_eq!(
        given_up.iter().map(|(_, _, numbers)| numbers.clone()).collect::<Vec<_>>(),
        [vec![1, 2], vec![3]]
    );
    assert!(given_up.iter().all(|(condition, ..)| *condition == Condition::RecordAgeExceeded));
    // The last try is made when the record is as old as it may be, and the next would be a second later.
    assert_eq!(world.elapsed(), seconds(91));
}

#[tokio::test(start_paused = true)]
async fn what_has_left_the_stream_is_delivered_no_more_and_the_destination_is_not_told() {
    let world = World::with(1..=2, vec![Act::Fail; 70]);
    world.run(Settings { retention: seconds(60), ..SETTINGS }).await;
    assert_eq!(*world.expired.lock().unwrap(), [1, 2]);
    assert_eq!(world.given_up(), []);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_gathered_for_as_long_as_the_window_allows_or_until_it_is_full() {
    let records = (1..=8).map(|number| (number, seconds(number))).collect();
    let world = World::of([("a", vec![], records)], []);
    world.run(Settings { batch_size: 4, window: seconds(2), ..SETTINGS }).await;
    // The first comes after a second.
    assert_eq!(world.batches(), [vec![1, 2, 3], vec![4, 5, 6], vec![7, 8]]);
    assert_eq!(world.times(), [3, 6, 8]);
    assert_eq!(world.asked.lock().unwrap()[..4], [4, 4, 3, 2]);

    let records = (1..=8).map(|number| (number, seconds(number))).collect();
    let world = World::of([("a", vec![], records)], []);
    world.run(Settings { batch_size: 2, window: seconds(300), ..SETTINGS }).await;
    assert_eq!(world.batches(), [[1, 2], [3, 4], [5, 6], [7, 8]]);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_shard_is_read_once_a_second() {
    let world = World { is_open: true, ..World::of([("a", vec![], vec![(1, seconds(30))])], []) };
    timeout(seconds(60), world.run(SETTINGS)).await.unwrap_err();
    assert_eq!(world.batches(), [[1]]);
    let reads = world.asked.lock().unwrap().len();
    assert!((58..=61).contains(&reads), "{reads}");
}

#[tokio::test(start_paused = true)]
async fn shards_are_delivered_at_once_and_those_that_took_over_when_the_old_ones_are_done() {
    let one = |number| vec![(number, seconds(0))];
    let world = World::of(
        [
            ("a", vec![], one(1)),
            ("b", vec!["a"], one(2)),
            // Of a merge, and of a parent that the stream has forgotten.
            ("c", vec!["a", "d"], one(3)),
            ("d", vec!["gone"], one(4)),
        ],
        [Act::Take(seconds(5)), Act::Take(seconds(20))],
    );
    world.run(SETTINGS).await;
    assert_eq!(world.batches(), [[1], [4], [2], [3]]);
    assert_eq!(world.times(), [0, 0, 5, 20]);
}

#[tokio::test(start_paused = true)]
async fn shards_are_delivered_whether_or_not_new_ones_can_be_listed() {
    let records = vec![(1, seconds(5)), (2, seconds(25))];
    let world = World { is_open: true, is_listed_once: true, ..World::of([("a", vec![], records)], []) };
    timeout(seconds(60), world.run(SETTINGS)).await.unwrap_err();
    assert_eq!(world.batches(), [[1], [2]]);
    assert_eq!(*world.listed.lock().unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn with_a_factor_several_batches_of_a_shard_are_under_way_and_the_checkpoint_waits_for_all() {
    let world = World::with(1..=40, vec![Act::Take(seconds(10)); 4]);
    let settings = Settings { batch_size: 10, parallelization_factor: 4, ..SETTINGS };
    timeout(seconds(5), world.run(settings.clone())).await.unwrap_err();
    assert!(world.batches().len() > 1 && world.batches().concat().len() > 20);
    assert!(world.checkpoints.lock().unwrap().is_empty());

    let world = World::with(1..=40, []);
    world.run(settings).await;
    let mut delivered = world.batches().concat();
    delivered.sort_unstable();
    assert_eq!(delivered, (1..=40).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_mapping_that_is_started_again_goes_on_where_it_was() {
    let world = World::with(1..=250, [Act::Report(&[]), Act::Take(seconds(60))]);
    timeout(seconds(30), world.run(SETTINGS)).await.unwrap_err();
    world.run(SETTINGS).await;
    let first: Vec<_> = world.batches().iter().map(|numbers| numbers[0]).collect();
    assert_eq!(first, [1, 101, 101, 201]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_does_not_answer_is_asked_again() {
    let world = World::with(1..=2, [Act::NoAnswer, Act::NoAnswer]);
    *world.outages.lock().unwrap() = 5;
    world.run(SETTINGS).await;
    assert_eq!(world.batches(), [[1, 2]; 3]);
    assert_eq!(world.elapsed(), seconds(7));
}
