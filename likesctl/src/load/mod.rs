//! `likesctl load`: posts likes at a steady rate, measures the answers, and checks the counts.

mod count;
mod history;
mod open_files;
mod report;
mod retry;
mod run;
mod schedule;
mod send;
mod stop;
mod tally;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, future::pending, sync::Arc};

use clap::Args;
use client::{Api, ApiError};
use count::Counted;
use hdrhistogram::CreationError;
use indicatif::ProgressBar;
use jiff::SignedDuration;
use report::LoadReport;
use run::{Endpoint, Run};
use schedule::Schedule;
use stop::{Interruption, Reason, Stop};
use thiserror::Error;
use tokio::{select, signal::ctrl_c};

use crate::{
    duration, progress,
    target::{ConfirmError, Target},
};

/// How many posts a second the local stack takes at least, by `docs/local-stack.md`.
const LOCAL_RATE: u32 = 200;
const MAX_DURATION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Post likes at a steady rate, measure the answers, and check the counts
///
/// The load is open: a post is sent when it is due, whether or not earlier ones were answered, and its latency is
/// measured from when it was due. A post that is due while --max-in-flight others are unanswered is not sent, and reported
/// as dropped.
///
/// Likes that are not accepted (429, 5xx, no answer) are retried beside the load with the same key, after Retry-After and
/// with backoff, 16 at once and with at most 100,000 waiting. Retrying ends when all are accepted, or when none was for a
/// minute after the load. Any other status ends the load at once.
///
/// Ctrl-C ends the load early: posts in flight have 5 seconds to be answered and accepted likes 10 seconds to be counted,
/// then what was measured is reported. A second Ctrl-C reports at once.
///
/// Exits with 0 if every like was accepted and every count is exact, 130 after Ctrl-C unless a count is wrong, and 1
/// otherwise, such as when the API stops answering for 10 seconds.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Posts a second; the local stack takes about 200
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "NUMBER")]
    rate: u32,
    /// How long to post, up to 7 days (168h)
    #[arg(long, default_value = "10s", value_parser = load_duration, value_name = "DURATION")]
    duration: SignedDuration,
    /// How many movies to like
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "NUMBER")]
    movies: u32,
    /// How uneven the load is: the exponent of a Zipf distribution; 0 likes all movies equally
    #[arg(long, default_value_t = 1.0, value_parser = skew, value_name = "EXPONENT")]
    skew: f64,
    /// The share of posts that are copies of one of the last 1,000 likes, with the same key
    #[arg(long, default_value_t = 0.1, value_parser = share, value_name = "SHARE")]
    duplicates: f64,
    /// The seed of the random choices; the same seed makes the same choices
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    seed: u64,
    /// How many posts may be in flight, each with a connection of its own
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "NUMBER")]
    max_in_flight: u32,
}

fn load_duration(text: &str) -> Result<SignedDuration, String> {
    let duration = duration::duration(text)?;
    if duration.is_zero() || duration > MAX_DURATION {
        return Err(format!("must be longer than 0s and at most {MAX_DURATION:#}"));
    }
    Ok(duration)
}

fn skew(text: &str) -> Result<f64, String> {
    number_within(text, 0.0, 10.0)
}

fn share(text: &str) -> Result<f64, String> {
    number_within(text, 0.0, 1.0)
}

fn number_within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("must be a number from {least} to {most}"))
}

/// Nothing was measured.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0}")]
    Rejected(String),
    #[error("latencies cannot be recorded")]
    Latency(#[from] CreationError),
}

/// Posts the load, waits until it is counted, and reports what was measured, even if the load is interrupted.
pub(crate) async fn run(target: &Target, args: &Load, yes: bool) -> Result<LoadReport, LoadError> {
    if target.is_local() && args.rate > LOCAL_RATE {
        eprintln!(
            "warning: the local stack takes about {LOCAL_RATE} posts a second; it answers the others with 429, and they \
             are retried"
        );
    }
    target.confirm(&format!("post {} likes a second for {:#}", args.rate, args.duration), yes).await?;
    let allowed = open_files::raise_limit();
    let max_in_flight = if allowed < args.max_in_flight.into() {
        eprintln!("warning: the limit on open files allows no more than {allowed} posts in flight");
        usize::try_from(allowed).unwrap_or(usize::MAX)
    } else {
        args.max_in_flight as usize
    };
    let run = Arc::new(Run::new(Api::new(target.outputs.likes_url.clone()), args.movies)?);
    // An API that is not there is an error before the load.
    run.endpoint.counts(&[&run.movie(0)]).await?;
    let counted = select! {
        counted = load_and_count(&run, Schedule::new(args), max_in_flight) => counted,
        () = interrupts(&run.stop) => None,
    };
    let mut report = report(&run, args, counted.as_ref())?;
    if let (Some(folder), Some(summary)) = (history::folder(), report.summary()) {
        report.last_run = history::replace(&folder, &format!("{} {args:?}", target.name), summary);
    }
    Ok(report)
}

/// Interrupts the load at the first Ctrl-C, and returns at the second.
async fn interrupts(stop: &Stop) {
    for _ in 0..2 {
        if ctrl_c().await.is_err() {
            // It cannot be caught, so it ends the process.
            pending::<()>().await;
        }
        stop.interrupt(Interruption::ctrl_c());
    }
}

/// Returns none if the counts were not read.
async fn load_and_count<E: Endpoint>(
    run: &Arc<Run<E>>,
    schedule: Schedule,
    max_in_flight: usize,
) -> Option<Counted> {
    let bar = progress::bar(schedule.posts(), "{bar:40} {pos}/{len} {elapsed} {msg}");
    let state = || {
        let tally = run.tally();
        (tally.posts + tally.dropped, tally.to_string())
    };
    select! {
        () = send::send(run, schedule, max_in_flight) => {}
        never = progress::follow(&bar, state) => match never {},
        never = announce(&run.stop, &bar) => match never {},
    }
    drop(bar);
    if run.tally().accepted() == 0 {
        return None;
    }
    count::count(run).await
}

/// Tells the user that Ctrl-C was understood. Never ends.
async fn announce(stop: &Stop, bar: &ProgressBar) -> Infallible {
    stop.interrupted().await;
    if stop.interruption() == Some(Interruption::ctrl_c()) {
        bar.suspend(|| {
            eprintln!("interrupted: finishing posts in flight and checking the counts; press Ctrl-C again to report at once");
        });
    }
    pending().await
}

fn report<E: Endpoint>(
    run: &Run<E>,
    args: &Load,
    counted: Option<&Counted>,
) -> Result<LoadReport, LoadError> {
    let tally = run.tally();
    match run.stop.interruption() {
        Some(Interruption { reason: Reason::Rejected, message }) if tally.accepted() == 0 => {
            Err(LoadError::Rejected(message))
        }
        interrupted => Ok(LoadReport::new(&tally, args.rate, interrupted, counted)),
    }
}
