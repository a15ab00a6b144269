//! Calls of processes that have handled events before.

use super::{Bench, Calls, call, count, event, megabytes, say};
use crate::{
    contender::{Function, Program},
    events::{Events, Popularity},
    instance::{Failure, Instance, Memory},
    results::Warm,
    statistics::{Spread, percentile},
};

/// The calls before those that are measured: connections are open, caches are warm, code is compiled.
const WARM_UP: u32 = 50;
/// The calls of a round.
const CALLS: u32 = 100;
/// The memory of the functions as they are deployed.
const DEPLOYED: Memory = Memory::Megabytes(256);

/// Calls every program that handles one request at a time.
///
/// # Errors
/// [`Failure`] of the first that fails.
pub async fn warm(bench: &Bench<'_>) -> Result<Vec<Warm>, Failure> {
    let mut results = Vec::new();
    let memories: &[Memory] =
        if bench.can_limit { &[Memory::Unlimited, DEPLOYED] } else { &[Memory::Unlimited] };
    for &memory in memories {
        let programs = bench.programs.iter().filter(|program| program.contender.function != Function::Update);
        let mut contenders = Vec::new();
        for program in programs {
            let mut contender = Contender::start(bench, program, memory).await?;
            contender.call(bench, WARM_UP).await?;
            contenders.push(contender);
        }
        let rounds = bench.rounds(5);
        for round in 1..=rounds {
            say(&format!("warm calls: round {round} of {rounds}"));
            for contender in &mut contenders {
                let calls = contender.call(bench, CALLS).await?;
                contender.rounds.push(calls);
            }
        }
        for contender in contenders {
            results.push(contender.result(memory)?);
        }
    }
    Ok(results)
}

struct Contender<'a> {
    program: &'a Program,
    instance: Instance,
    events: Events,
    rounds: Vec<Calls>,
}

impl<'a> Contender<'a> {
    async fn start(bench: &Bench<'_>, program: &'a Program, memory: Memory) -> Result<Self, Failure> {
        let mut instance = Instance::start(program, memory, bench.aws, &[]).await?;
        instance.init().await?;
        Ok(Self { program, instance, events: Events::new(Popularity::Zipf, 2), rounds: Vec::new() })
    }

    async fn call(&mut self, bench: &Bench<'_>, number: u32) -> Result<Calls, Failure> {
        let events: Vec<_> = (0..number).map(|_| event(&mut self.events, self.program, 1)).collect();
        let _ = bench.aws.take_usage();
        let before = self.instance.cpu_time()?;
        let mut walls = Vec::new();
        for event in events {
            walls.push(super::milliseconds(call(&mut self.instance, self.program, event).await?));
        }
        let cpu = self.instance.cpu_time()?.saturating_sub(before);
        Ok(Calls { walls, cpu, likes: u64::from(number), usage: bench.aws.take_usage() })
    }

    fn result(mut self, memory: Memory) -> Result<Warm, Failure> {
        let peak_memory_mb = megabytes(self.instance.peak_memory()?);
        let all = Calls::together(&self.rounds);
        let calls = count(all.walls.len() as u64);
        let contender = &self.program.contender;
        Ok(Warm {
            contender: contender.name.to_owned(),
            function: contender.function,
            kind: contender.kind,
            memory,
            p50: percentile(&all.walls, 0.5),
            p99: percentile(&all.walls, 0.99),
            cpu: Spread::of(self.rounds.iter().map(Calls::cpu_a_call)),
            peak_memory_mb,
            calls_of_aws: all.calls_of_aws() / calls,
            bytes_sent: count(all.usage.bytes_received) / calls,
            bytes_received: count(all.usage.bytes_sent) / calls,
        })
    }
}
