//! Several shards, each with a process of its own, as Lambda's event source mapping has them.

use std::time::{Duration, Instant};

use futures::future::try_join_all;

use super::{Bench, batches::counted, call, count, milliseconds, say};
use crate::{
    aws::Usage,
    contender::{Function, Kind, Program},
    events::{Events, Popularity},
    instance::{Failure, Instance, Memory},
    results::Counting,
    statistics::percentile,
};

/// The settings `batchSize` and `batchWindowSeconds`.
const BATCH: usize = 1000;
const WINDOW: Duration = Duration::from_secs(1);

/// The scenario of the bar for write units: so many likes a second over four shards.
const PACED_SHARDS: u32 = 4;
const PACED_LIKES_A_SECOND: f64 = 1000.0;

/// How likes arrive at a shard.
#[derive(Clone, Copy)]
enum Arrival {
    /// So many a second.
    Rate(f64),
    /// Batches without a pause.
    Backlog,
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
            let arrival = Arrival::Rate(PACED_LIKES_A_SECOND / f64::from(PACED_SHARDS));
            results.push(run(bench, program, popularity, PACED_SHARDS, arrival, 8).await?);
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
            results.push(run(bench, program, Popularity::One, shards, Arrival::Backlog, 4).await?);
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
    arrival: Arrival,
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
    let (warm_up, instances) = count_for(program, popularity, arrival, instances, seconds).await?;
    let _ = bench.aws.take_usage();
    let (measured, mut instances) = count_for(program, popularity, arrival, instances, seconds).await?;
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
    arrival: Arrival,
    instances: Vec<Instance>,
    seconds: u32,
) -> Result<(Vec<Shard>, Vec<Instance>), Failure> {
    let until = Instant::now() + Duration::from_secs(seconds.into());
    let shards = instances.into_iter().zip(0..).map(|(mut instance, shard)| {
        let events = Events::new(popularity, u64::from(shard));
        async move {
            let done = count_shard(program, &mut instance, events, shard, arrival, until).await?;
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
    arrival: Arrival,
    until: Instant,
) -> Result<Shard, Failure> {
    let before = instance.cpu_time()?;
    let mut done = Shard::default();
    if let Arrival::Rate(_) = arrival {
        // Lambda's pollers do not know of each other, so their windows end at different times.
        tokio::time::sleep(WINDOW.mul_f64(events.fraction())).await;
    }
    let start = Instant::now();
    loop {
        let size = match arrival {
            Arrival::Backlog => BATCH,
            Arrival::Rate(rate) => {
                let waiting = || arrived(rate, start.elapsed()).saturating_sub(done.likes);
                if waiting() < BATCH as u64 {
                    tokio::time::sleep(WINDOW).await;
                }
                BATCH.min(usize::try_from(waiting()).unwrap_or(BATCH))
            }
        };
        if Instant::now() >= until {
            break;
        }
        let waited = start.elapsed();
        let took = call(instance, program, events.batch(size, shard)).await?;
        done.walls.push(milliseconds(took));
        done.likes += size as u64;
        done.time = if matches!(arrival, Arrival::Rate(_)) { waited } else { start.elapsed() };
    }
    done.cpu = instance.cpu_time()?.saturating_sub(before);
    Ok(done)
}

/// How many likes have arrived by now.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
fn arrived(rate: f64, elapsed: Duration) -> u64 {
    (rate * elapsed.as_secs_f64()) as u64
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
