//! Several shards, each with a process of its own, as Lambda's event source mapping has them.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use tokio::time::sleep;

use super::{Bench, arrivals::Arrivals, batches::counted, call, count, milliseconds, say};
use crate::{
    aws::Usage,
    contender::{Function, Kind, Program},
    events::{Events, Popularity, batch_of},
    instance::{Failure, Instance, Memory},
    results::Counting,
    statistics::percentile,
};

/// The settings `batchSize` and `batchWindowSeconds`.
const BATCH: usize = 1000;
const WINDOW: Duration = Duration::from_secs(1);

/// How often a batch that is being gathered is looked at.
const STEP: Duration = Duration::from_millis(10);

/// The scenario of the bar for write units: so many likes a second over four shards.
const PACED_SHARDS: u32 = 4;
const PACED_LIKES_A_SECOND: f64 = 1000.0;

/// What a shard's batches are made of.
#[derive(Clone, Copy)]
enum Likes<'a> {
    /// What arrives, gathered for a window.
    Arriving(&'a Mutex<Arrivals>),
    /// A backlog that never ends.
    Waiting,
}

/// What a shard's process did in the time that is measured.
#[derive(Default)]
struct Shard {
    likes: u64,
    walls: Vec<f64>,
    cpu: Duration,
    /// How long the likes arrived that it counted.
    time: Duration,
}

/// Likes at a fixed rate, gathered into batches as the event source mapping does.
///
/// # Errors
/// [`Failure`] of the first that fails.
pub async fn paced(bench: &Bench<'_>) -> Result<Vec<Counting>, Failure> {
    let mut results = Vec::new();
    for program in ours(bench) {
        for popularity in [Popularity::Zipf, Popularity::Uniform, Popularity::One] {
            say(&format!("{PACED_LIKES_A_SECOND} likes a second, {popularity:?}"));
            results.push(run(bench, program, popularity, PACED_SHARDS, Some(PACED_LIKES_A_SECOND), 8).await?);
        }
    }
    Ok(results)
}

/// One movie that every shard counts without a pause.
///
/// # Errors
/// [`Failure`] of the first that fails.
pub async fn scaling(bench: &Bench<'_>) -> Result<Vec<Counting>, Failure> {
    let mut results = Vec::new();
    for program in ours(bench) {
        for shards in [1, 4, 16] {
            say(&format!("one movie, {shards} shards"));
            results.push(run(bench, program, Popularity::One, shards, None, 4).await?);
        }
    }
    Ok(results)
}

fn ours<'a>(bench: &Bench<'a>) -> impl Iterator<Item = &'a Program> {
    let is_ours = |program: &&Program| {
        program.contender.function == Function::Update && program.contender.kind == Kind::Ours
    };
    bench.programs.iter().filter(is_ours)
}

async fn run(
    bench: &Bench<'_>,
    program: &Program,
    popularity: Popularity,
    shards: u32,
    a_second: Option<f64>,
    seconds: u32,
) -> Result<Counting, Failure> {
    bench.aws.clear();
    let mut instances = Vec::new();
    for _ in 0..shards {
        let mut instance = Instance::start(program, Memory::Unlimited, bench.aws, &[]).await?;
        instance.init().await?;
        instances.push(instance);
    }
    // Counts first get their cells, and connections are opened.
    let seconds = if bench.quick { seconds / 2 } else { seconds };
    let (warm_up, instances) = count_for(program, popularity, a_second, instances, seconds).await?;
    let _ = bench.aws.take_usage();
    let (measured, mut instances) = count_for(program, popularity, a_second, instances, seconds).await?;
    let usage = bench.aws.take_usage();
    let given = warm_up.iter().chain(&measured).map(|shard| shard.likes).sum();
    if let Some(instance) = instances.first_mut() {
        instance.expect(counted(bench), given)?;
    }
    Ok(result(program, popularity, shards, &measured, &usage))
}

/// Lets every process count for so long.
async fn count_for(
    program: &Program,
    popularity: Popularity,
    a_second: Option<f64>,
    instances: Vec<Instance>,
    seconds: u32,
) -> Result<(Vec<Shard>, Vec<Instance>), Failure> {
    let until = Instant::now() + Duration::from_secs(seconds.into());
    let number = u32::try_from(instances.len()).unwrap_or(u32::MAX);
    let arrivals =
        a_second.map(|a_second| Mutex::new(Arrivals::new(Events::new(popularity, 3), a_second, number)));
    let likes = arrivals.as_ref().map_or(Likes::Waiting, Likes::Arriving);
    let shards = instances.into_iter().zip(0..).map(|(mut instance, shard)| {
        let events = Events::new(popularity, u64::from(shard));
        async move {
            let done = count_shard(program, &mut instance, events, shard, likes, until).await?;
            Ok((done, instance))
        }
    });
    let done = try_join_all(shards).await?;
    Ok(done.into_iter().unzip())
}

async fn count_shard(
    program: &Program,
    instance: &mut Instance,
    mut events: Events,
    shard: u32,
    likes: Likes<'_>,
    until: Instant,
) -> Result<Shard, Failure> {
    let before = instance.cpu_time()?;
    let mut done = Shard::default();
    let start = Instant::now();
    if let Likes::Arriving(_) = likes {
        // Lambda's pollers do not know of each other, so their windows end at different times.
        sleep(WINDOW.mul_f64(events.fraction())).await;
    }
    while Instant::now() < until {
        let (size, batch) = match likes {
            Likes::Waiting => (BATCH, events.batch(BATCH, shard)),
            Likes::Arriving(arrivals) => {
                // A window ends early once the batch is full.
                let opened = Instant::now();
                while lock(arrivals).waiting(shard) < BATCH && opened.elapsed() < WINDOW {
                    sleep(STEP).await;
                }
                done.time = start.elapsed();
                let ranks = lock(arrivals).take(shard, BATCH);
                (ranks.len(), batch_of(&ranks, shard))
            }
        };
        // Lambda invokes a function for records only.
        if size == 0 {
            continue;
        }
        let took = call(instance, program, batch).await?;
        done.walls.push(milliseconds(took));
        done.likes += size as u64;
        if let Likes::Waiting = likes {
            done.time = start.elapsed();
        }
    }
    done.cpu = instance.cpu_time()?.saturating_sub(before);
    Ok(done)
}

fn lock(arrivals: &Mutex<Arrivals>) -> MutexGuard<'_, Arrivals> {
    arrivals.lock().unwrap_or_else(PoisonError::into_inner)
}

fn result(
    program: &Program,
    popularity: Popularity,
    shards: u32,
    measured: &[Shard],
    usage: &Usage,
) -> Counting {
    let likes: u64 = measured.iter().map(|shard| shard.likes).sum();
    let walls: Vec<f64> = measured.iter().flat_map(|shard| shard.walls.iter().copied()).collect();
    let cpu: Duration = measured.iter().map(|shard| shard.cpu).sum();
    let transactions: u64 = usage
        .calls
        .iter()
        .filter(|(name, _)| name.ends_with("TransactWriteItems"))
        .map(|(_, calls)| calls)
        .sum();
    let rates = measured.iter().filter(|shard| !shard.time.is_zero());
    let likes_a_second = rates.map(|shard| count(shard.likes) / shard.time.as_secs_f64()).sum();
    let seconds = measured.iter().map(|shard| shard.time.as_secs_f64()).fold(0.0, f64::max);
    let a_like = |number: f64| number / count(likes);
    Counting {
        contender: program.contender.name.to_owned(),
        kind: program.contender.kind,
        popularity,
        shards,
        seconds,
        likes,
        likes_a_second,
        cancelled: count(usage.cancelled) / count(transactions.max(1)),
        write_units_a_like: a_like(count(usage.write_units)),
        calls_a_thousand_likes: a_like(count(usage.calls.values().sum())) * 1000.0,
        cpu_us_a_like: a_like(milliseconds(cpu) * 1000.0),
        p50: percentile(&walls, 0.5),
        p99: percentile(&walls, 0.99),
        likes_a_batch: count(likes) / count(walls.len() as u64),
    }
}
