//! `likesctl top`: how is a stack doing, right now?
//!
//! Reads `CloudWatch`'s metrics and what the services say of themselves ([`sample`]), turns that into text ([`view`]), and
//! draws it on a terminal ([`draw`], [`screen`]) or prints it once ([`once`]). It judges nothing: that is for `doctor`.

mod alarms;
mod bars;
mod draw;
mod errors;
mod feed;
mod figure;
mod keys;
mod log_line;
mod mapping;
mod metric;
mod metrics;
mod newest;
mod once;
mod palette;
mod panel;
mod quarantine;
mod sample;
mod screen;
mod series;
mod services;
mod stream;
mod view;
mod window;

use std::{
    io::{self, IsTerminal},
    time::Duration,
};

use clap::Args;
use errors::Logs;
use jiff::SignedDuration;
use once::Once;
use sample::Sample;
use screen::ScreenError;
use services::Services;
use thiserror::Error;

use crate::{duration, exit::Exit, report::Report, target::Target};

/// How often a stack on AWS is read, whose metrics have a resolution of a minute and cost money to read.
const INTERVAL: Duration = Duration::from_mins(1);
/// How often the local stack is read.
const LOCAL_INTERVAL: Duration = Duration::from_secs(5);
const MIN_INTERVAL: SignedDuration = SignedDuration::from_secs(1);

/// Show live how a stack is doing: rates, lag, shards, quarantine, archive, alarms, last errors
///
/// Draws on the terminal until q is pressed; ? shows the other keys. For scripts: --once, with or without --json.
///
/// Reading the metrics costs money on AWS: about 0.015 USD an hour at the default interval.
///
/// Exits with 2 if --once could not read everything; the report says what, and has all the rest.
#[derive(Debug, Args)]
pub(crate) struct Top {
    /// Print everything once, and exit
    #[arg(long)]
    once: bool,
    /// How often to read the stack, at least 1s [default: 1m; 5s on the local stack]
    #[arg(long, value_parser = interval, value_name = "DURATION", conflicts_with = "once")]
    interval: Option<Duration>,
}

/// The stack cannot be shown.
#[derive(Debug, Error)]
pub(crate) enum TopError {
    #[error("top needs a terminal; to print everything once, run: likesctl top --once")]
    NoTerminal,
    #[error("top prints JSON only with --once: likesctl top --once --json")]
    JsonWithoutOnce,
    #[error(transparent)]
    Screen(#[from] ScreenError),
    #[error("the report cannot be written")]
    Write(#[from] io::Error),
}

impl Top {
    /// Whether it draws on the terminal, where nothing else may be written.
    pub(crate) fn draws(&self) -> bool {
        !self.once
    }
}

pub(crate) async fn run(target: &Target, args: &Top, json: bool) -> Result<Exit, TopError> {
    if args.once {
        let services = Services::of(target.outputs.clone()).await;
        let sample = Sample::read(&services, &mut Logs::default()).await;
        let (stack, region) = (name(target).to_owned(), target.outputs.region.clone());
        return Ok(Once { stack, region, sample }.emit(json)?);
    }
    if json {
        return Err(TopError::JsonWithoutOnce);
    }
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(TopError::NoTerminal);
    }
    let default = if target.is_local() { LOCAL_INTERVAL } else { INTERVAL };
    screen::show(target, args.interval.unwrap_or(default)).await?;
    Ok(Exit::Fine)
}

/// What the stack is called. A local one may be known by the file of its outputs only.
fn name(target: &Target) -> &str {
    if target.is_local() { "local" } else { &target.name }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration::duration(text)?;
    if interval < MIN_INTERVAL {
        return Err("must be at least 1s".to_owned());
    }
    Duration::try_from(interval).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_at_least_a_second() {
        assert_eq!(interval("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(interval("999ms"), Err("must be at least 1s".to_owned()));
    }
}
