//! Measures the functions, or checks that they do not need more instructions: `just bench --help`, `just bench-check`.

use std::process::ExitCode;

use bench::cli::{Command, run};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> ExitCode {
    let command = Command::parse();
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        eprintln!("error: signals cannot be handled");
        return ExitCode::FAILURE;
    };
    // What is dropped on a signal ends its processes and removes its control groups.
    tokio::select! {
        done = run(command) => done.map_or_else(
            |error| {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        ),
        _ = interrupt.recv() => ExitCode::from(130),
        _ = terminate.recv() => ExitCode::from(143),
    }
}
