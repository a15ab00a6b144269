//! Starts of processes, with their first calls.

use std::collections::BTreeMap;

use super::{Bench, call, event, megabytes, milliseconds, say};
use crate::{
    contender::{Kind, Program},
    events::{Events, Popularity},
    instance::{Failure, Instance, Memory},
    results::Cold,
    statistics::Spread,
};

/// The memory sizes whose CPU shares are measured.
const MEGABYTES: [u64; 5] = [128, 256, 512, 1024, 1769];

/// How often the fast ones start for each start of a peer.
const STARTS_OF_OURS: u32 = 3;

struct Start {
    init: f64,
    init_cpu: f64,
    call: f64,
    call_cpu: f64,
    peak_memory: f64,
}

/// Starts every program at every CPU share.
///
/// # Errors
/// [`Failure`] of the first that fails.
pub async fn cold(bench: &Bench<'_>) -> Result<Vec<Cold>, Failure> {
    let limits: &[u64] = match (bench.can_limit, bench.quick) {
        (false, _) => &[],
        (true, true) => &[256, 1769],
        (true, false) => &MEGABYTES,
    };
    let memories: Vec<Memory> =
        limits.iter().copied().map(Memory::Megabytes).chain([Memory::Unlimited]).collect();
    // Those that aggregate start as those that do not.
    let programs: Vec<_> = bench.programs.iter().enumerate().collect();
    let programs = programs.into_iter().filter(|(_, program)| !program.contender.name.contains("aggregate"));
    let programs: Vec<_> = programs.collect();
    let mut starts: BTreeMap<(usize, Memory), Vec<Start>> = BTreeMap::new();
    let rounds = bench.rounds(3);
    let mut events = Events::new(Popularity::Zipf, 1);
    for round in 1..=rounds {
        say(&format!("cold starts: round {round} of {rounds}"));
        for &memory in &memories {
            for &(index, program) in &programs {
                let repeats = if program.contender.kind == Kind::Peer { 1 } else { STARTS_OF_OURS };
                for _ in 0..repeats {
                    let start = start(bench, program, memory, &mut events).await?;
                    starts.entry((index, memory)).or_default().push(start);
                }
            }
        }
    }
    let results = starts.into_iter().filter_map(|((index, memory), starts)| {
        let program = bench.programs.get(index)?;
        let spread = |value: fn(&Start) -> f64| Spread::of(starts.iter().map(value));
        Some(Cold {
            contender: program.contender.name.to_owned(),
            function: program.contender.function,
            kind: program.contender.kind,
            memory,
            init: spread(|start| start.init),
            init_cpu: spread(|start| start.init_cpu),
            call: spread(|start| start.call),
            call_cpu: spread(|start| start.call_cpu),
            total_cpu: spread(|start| start.init_cpu + start.call_cpu),
            peak_memory_mb: spread(|start| start.peak_memory),
        })
    });
    Ok(results.collect())
}

async fn start(
    bench: &Bench<'_>,
    program: &Program,
    memory: Memory,
    events: &mut Events,
) -> Result<Start, Failure> {
    let event = event(events, program, 1);
    let mut instance = Instance::start(program, memory, bench.aws, &[]).await?;
    let init = instance.init().await?;
    let took = call(&mut instance, program, event).await?;
    let cpu = instance.cpu_time()?;
    Ok(Start {
        init: milliseconds(init.wall),
        init_cpu: milliseconds(init.cpu),
        call: milliseconds(took),
        call_cpu: milliseconds(cpu.saturating_sub(init.cpu)),
        peak_memory: megabytes(instance.peak_memory()?),
    })
}
