//! `likesctl`: operates a running Likestream, which it finds by its outputs, on AWS or on one machine.
//!
//! A module for each thing that a user does: [`doctor`], [`verify`], [`rebuild`], [`backfill`], [`forget`], [`quarantine`],
//! [`load`], [`top`]. Each has its arguments, a `run` that does the work, and a [`Report`] of what came of it. They do not know each
//! other. What they share is beside them: the [`target`] stack, its `counts`, `ledger`, the `scan` of it, and stream
//! `retention`, the `newest` objects and the `survey` of its archive, and why something is `unread`.

mod backfill;
mod cli;
mod counts;
mod doctor;
mod duration;
mod exit;
mod forget;
mod ledger;
mod load;
mod manual;
mod newest;
mod plural;
mod printable;
mod progress;
mod quarantine;
mod rebuild;
mod report;
mod retention;
mod scan;
mod survey;
mod target;
mod top;
mod unread;
mod verify;

use std::{error::Error, ffi::OsString, io, iter, process::ExitCode};

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};
use exit::Exit;
use futures::FutureExt;
use report::Report;
use serde_json::json;
use target::Target;
use tracing::level_filters::LevelFilter;

/// Runs the command line of this process, prints a report or an error, and returns the exit code.
pub async fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let wants_json = arguments.iter().any(|argument| argument == "--json");
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        // A request for help or for the version is no mistake.
        Err(usage) if !usage.use_stderr() || !wants_json => usage.exit(),
        Err(usage) => return fail(usage.to_string().trim_start_matches("error: ").trim_end(), true),
    };
    let level = if cli.command.draws() { LevelFilter::OFF } else { LevelFilter::WARN };
    tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level).without_time().init();
    let json = cli.json;
    match run(cli).await {
        Ok(exit) => exit.into(),
        Err(error) => {
            let causes = iter::successors(Some(error.as_ref() as &dyn Error), |error| (*error).source());
            fail(&causes.map(ToString::to_string).collect::<Vec<_>>().join(": "), json)
        }
    }
}

/// Says what went wrong: to a person on standard error, to a script as an object on standard output.
fn fail(message: &str, json: bool) -> ExitCode {
    if json {
        println!("{}", json!({ "error": message }));
    } else {
        eprintln!("error: {message}");
    }
    Exit::Failed.into()
}

async fn run(cli: Cli) -> Result<Exit, Box<dyn Error>> {
    let Cli { stack, outputs, json, yes, command } = cli;
    let target = async || Target::find(stack.as_deref(), outputs.as_deref()).await;
    Ok(match command {
        Command::Doctor => doctor::run(&target().await?).await.emit(json)?,
        Command::Verify(args) => verify::run(&target().await?, &args).await?.emit(json)?,
        Command::Rebuild(args) => rebuild::run(&target().await?, &args, yes).await?.emit(json)?,
        Command::Backfill(args) => backfill::run(&target().await?, &args, yes).await?.emit(json)?,
        Command::Forget(args) => forget::run(&target().await?, &args, yes).await?.emit(json)?,
        Command::Quarantine(command) => quarantine::run(&target().await?, &command, yes).await?.emit(json)?,
        Command::Top(args) => top::run(&target().await?, &args, json).boxed_local().await?,
        Command::Load(args) => load::run(&target().await?, &args, yes).await?.emit(json)?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "likesctl", &mut io::stdout());
            Exit::Fine
        }
        Command::Man { path } => {
            manual::render(&path, &mut io::stdout())?;
            Exit::Fine
        }
    })
}
