//! `likesctl`: looks after a running Likestream, by its outputs, on AWS or on one machine.
//!
//! It exits with 0 when all is well, with 1 when it found something wrong with the stack, and with 2 when it could
//! not do its work.

mod api;
mod archive;
mod cli;
mod counts;
mod expiry;
mod ledger;
mod load;
mod message;
mod missing;
mod outputs;
mod plan;
mod progress;
mod quarantine;
mod queue;
mod rebuild;
mod repair;
mod schedule;
mod stream;
mod survey;
mod tally;
mod verdict;
mod verify;

use std::{error::Error, io, iter, process::ExitCode};

use clap::Parser;
use cli::{Cli, Command};
use tracing::Level;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(Level::WARN).without_time().init();
    match run(cli).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            let causes = iter::successors(Some(error.as_ref() as &dyn Error), |error| (*error).source());
            let message = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs a command and says whether all is well.
async fn run(cli: Cli) -> Result<bool, Box<dyn Error>> {
    let outputs = outputs::find(&cli.stack, cli.outputs.as_deref()).await?;
    match cli.command {
        Command::Quarantine(command) => Ok(quarantine::run(&outputs, &command, cli.json).await?),
        Command::Load(args) => Ok(load::run(&outputs, &args, cli.json).await?),
        Command::Rebuild(args) => Ok(rebuild::run(&outputs, &args, cli.json).await?),
        Command::Verify(args) => Ok(verify::run(&outputs, &args, cli.json).await?),
    }
}
