//! Batches of likes, one after the other.

use std::time::{Duration, Instant};

use super::{Bench, Calls, call, count, megabytes, milliseconds, say};
use crate::{
    contender::{Function, Kind, Program},
    events::{Events, MOVIES, Popularity, movie},
    instance::{Failure, Instance, Memory},
    results::Batches,
    statistics::Spread,
};

const SIZES: [usize; 5] = [1, 10, 100, 1000, 10_000];
/// How long a program is called in a round, with one batch at least.
const TIME: Duration = Duration::from_millis(600);
/// The most batches of a round.
const CALLS: usize = 50;
/// A peer whose batch would take longer is not measured with it.
const PATIENCE: Duration = Duration::from_secs(6);

/// Calls every program that counts likes with batches of every size. What takes too long is left out, with a note.
///
/// # Errors
/// [`Failure`] of the first that fails.
pub async fn batches(bench: &Bench<'_>, notes: &mut Vec<String>) -> Result<Vec<Batches>, Failure> {
    let mut results = Vec::new();
    for popularity in [Popularity::Zipf, Popularity::Uniform, Popularity::One] {
        // The peers' work does not depend much on how likes are spread.
        let programs = bench.programs.iter().filter(|program| {
            program.contender.function == Function::Update
                && (popularity == Popularity::Zipf || program.contender.kind == Kind::Ours)
        });
        let mut contenders = Vec::new();
        for program in programs {
            let mut instance = Instance::start(program, Memory::Unlimited, bench.aws, &[]).await?;
            instance.init().await?;
            contenders.push(Contender { program, instance, is_out: false, last: None, rounds: vec![] });
        }
        if contenders.is_empty() {
            continue;
        }
        let sizes = if bench.quick { &[10, 1000] } else { &SIZES[..] };
        for &size in sizes {
            say(&format!("batches of {size} likes, {popularity:?}"));
            for round in 0..=bench.rounds(3) {
                for contender in &mut contenders {
                    contender.round(bench, popularity, size, round, notes).await?;
                }
            }
            for contender in &mut contenders {
                results.extend(contender.result(popularity, size)?);
            }
        }
    }
    Ok(results)
}

struct Contender<'a> {
    program: &'a Program,
    instance: Instance,
    is_out: bool,
    /// The size of the last batch, and how long it took.
    last: Option<(usize, Duration)>,
    rounds: Vec<Calls>,
}

impl Contender<'_> {
    /// Round 0 only warms up.
    async fn round(
        &mut self,
        bench: &Bench<'_>,
        popularity: Popularity,
        size: usize,
        round: u32,
        notes: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let likes = u32::try_from(size).unwrap_or(u32::MAX);
        let expected = self.last.map_or(Duration::ZERO, |last| self.expected(last, size));
        if !self.is_out && self.program.contender.kind == Kind::Peer && expected > PATIENCE {
            self.is_out = true;
            let (name, seconds) = (self.program.contender.name, expected.as_secs());
            notes.push(format!(
                "{name}: batches of {size} likes are left out: one would take about {seconds} s"
            ));
        }
        if self.is_out {
            return Ok(());
        }
        let limit = if round == 0 { 1 } else { CALLS };
        let mut events = Events::new(popularity, u64::from(round));
        bench.aws.clear();
        let _ = bench.aws.take_usage();
        let mut calls = Calls::default();
        let start = Instant::now();
        while calls.walls.len() < limit && (calls.walls.is_empty() || start.elapsed() < TIME) {
            let event = events.batch(size, 0);
            let before = self.instance.cpu_time()?;
            let took = call(&mut self.instance, self.program, event).await?;
            calls.cpu += self.instance.cpu_time()?.saturating_sub(before);
            calls.walls.push(milliseconds(took));
            calls.likes += u64::from(likes);
            self.last = Some((size, took));
        }
        calls.usage = bench.aws.take_usage();
        self.instance.expect(counted(bench), calls.likes)?;
        if round > 0 {
            self.rounds.push(calls);
        }
        Ok(())
    }

    /// How long a batch will take, from the last one: in proportion to its likes, or to the movies that they can be for.
    fn expected(&self, (last, took): (usize, Duration), size: usize) -> Duration {
        let most = if self.program.contender.aggregates() { MOVIES as usize } else { usize::MAX };
        let writes = |size: usize| u32::try_from(size.min(most)).unwrap_or(u32::MAX);
        took * writes(size) / writes(last).max(1)
    }

    fn result(&mut self, popularity: Popularity, size: usize) -> Result<Option<Batches>, Failure> {
        let rounds = std::mem::take(&mut self.rounds);
        if rounds.is_empty() {
            return Ok(None);
        }
        let all = Calls::together(&rounds);
        let likes = count(all.likes);
        Ok(Some(Batches {
            contender: self.program.contender.name.to_owned(),
            kind: self.program.contender.kind,
            popularity,
            batch: size,
            wall: Spread::of(all.walls.iter().copied()),
            cpu_us_a_like: Spread::of(rounds.iter().map(Calls::cpu_us_a_like)),
            likes_a_cpu_second: Spread::of(rounds.iter().map(|calls| 1e6 / calls.cpu_us_a_like())),
            calls_a_thousand_likes: all.calls_of_aws() * 1000.0 / likes,
            write_units_a_thousand_likes: count(all.usage.write_units) * 1000.0 / likes,
            read_units_a_thousand_likes: count(all.usage.half_read_units) * 500.0 / likes,
            bytes_a_like: count(all.usage.bytes_received + all.usage.bytes_sent) / likes,
            peak_memory_mb: megabytes(self.instance.peak_memory()?),
        }))
    }
}

/// The likes in the counts of all movies.
pub(super) fn counted(bench: &Bench<'_>) -> u64 {
    (1..=MOVIES).map(|rank| bench.aws.likes(&movie(rank))).sum()
}
