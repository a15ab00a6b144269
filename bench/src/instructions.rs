//! Instructions, counted by Valgrind's Cachegrind. Unlike times, they hardly differ between runs and between machines.
//!
//! The instructions of a start are in every count, so what one call takes is the difference between a run with few calls
//! and one with many, divided by the calls that it has more.

use std::{path::Path, process::Command};

use crate::{
    aws::Aws,
    contender::Program,
    events::{Events, Popularity},
    instance::{Failure, Instance, Memory},
    measure,
};

/// Runs a program under Cachegrind, without its simulation of caches.
const CACHEGRIND: [&str; 5] =
    ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", "--"];

/// Whether Valgrind is installed.
#[must_use]
pub fn can_count() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The calls before those that are counted.
const WARM_UP: u64 = 3;
/// How often two runs are repeated whose connections differ.
const ATTEMPTS: u32 = 4;

/// The instructions of a warm call of a function. A batch has so many likes, all of one movie, so that its transactions
/// run one after the other on one connection.
///
/// # Errors
/// [`Failure`] if the function cannot be run, or Valgrind reports no count.
pub async fn of_a_call(program: &Program, aws: &Aws, calls: u64, likes: usize) -> Result<u64, Failure> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let few = run(program, aws, WARM_UP, likes).await?;
        let many = run(program, aws, WARM_UP + calls, likes).await?;
        // A handshake takes as much as many calls, so it must be in both runs or in none.
        if few.connections == many.connections {
            return Ok(many.instructions.saturating_sub(few.instructions) / calls);
        }
        last = Some([few.connections, many.connections]);
    }
    Err(Failure::unsteady(&program.contender, last.unwrap_or_default()))
}

struct Run {
    instructions: u64,
    connections: u64,
}

async fn run(program: &Program, aws: &Aws, calls: u64, likes: usize) -> Result<Run, Failure> {
    let mut events = Events::new(Popularity::One, 1);
    aws.clear();
    let _ = aws.take_usage();
    let mut instance =
        Instance::start(program, Memory::Unlimited, aws, &CACHEGRIND.map(str::to_owned)).await?;
    instance.init().await?;
    for _ in 0..calls {
        let event = measure::event(&mut events, program, likes);
        measure::call(&mut instance, program, event).await?;
    }
    let connections = aws.take_usage().connections;
    Ok(Run { instructions: instance.instructions().await?, connections })
}

/// The instructions of one of `iterations` that a program carries out as often as its last argument says.
///
/// # Errors
/// What the program printed, if it failed.
pub fn of_an_iteration(program: &Path, arguments: &[&str], iterations: u64) -> Result<u64, String> {
    let count = |iterations: u64| {
        let [valgrind, options @ ..] = CACHEGRIND;
        let mut command = Command::new(valgrind);
        command.args(options).arg(program).args(arguments).arg(iterations.to_string());
        let output = command.output().map_err(|error| error.to_string())?;
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        let counted = collected(&printed).filter(|_| output.status.success());
        counted.ok_or(printed)
    };
    Ok(count(iterations)?.saturating_sub(count(0)?) / iterations)
}

/// The count in what Cachegrind prints, such as `==7== I   refs:      1,234,567`.
#[must_use]
pub fn collected(printed: &str) -> Option<u64> {
    let line = printed.lines().rev().find(|line| line.starts_with("==") && line.contains("refs:"))?;
    line.rsplit(':').next()?.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_cachegrind_prints() {
        let printed = "{\"refs:\":1}\n==42== Cachegrind\n==42== \n==42== I   refs:      1,234,567\n";
        assert_eq!(collected(printed), Some(1_234_567));
        assert_eq!(collected("==42== Process terminating with default action of signal 11"), None);
    }
}
