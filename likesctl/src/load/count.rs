//! Waits until what was accepted is counted.

use std::{cell::RefCell, error::Error, iter, time::Duration};

use client::ApiError;
use tokio::{
    select,
    time::{sleep, timeout},
};

use super::{
    run::{Endpoint, Run},
    stop::Interruption,
    tally::Movie,
};
use crate::progress;

/// How long the counts may take to be complete.
const TIMEOUT: Duration = Duration::from_mins(5);
/// The same after an interruption.
const TIMEOUT_INTERRUPTED: Duration = Duration::from_secs(10);
/// How long complete counts are watched for a like too many.
const WATCH: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// What became of the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    /// All likes counted.
    pub likes: u64,
    /// From the last acceptance to the moment that every accepted like was counted; none if that did not happen.
    pub lag: Option<Duration>,
    pub verdict: Verdict,
}

/// How the counts compare with what was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every movie's count is the number of its likes, all of which were accepted.
    Exact,
    /// A count is too low or too high.
    Wrong,
    /// Every accepted like is counted and no count is too high, but some likes were not accepted, and may be counted.
    Consistent,
    /// The counts were still incomplete, or not watched, when the run was interrupted.
    Unfinished,
}

/// Follows the counts until they are complete. None if they cannot be read.
pub(super) async fn count<E: Endpoint>(run: &Run<E>) -> Option<Counted> {
    let was_interrupted = run.stop.interruption().is_some();
    let (names, movies): (Vec<_>, Vec<_>) = {
        let tally = run.tally();
        let movies = tally.movies.iter().enumerate().filter(|(_, movie)| movie.posted > 0);
        movies.map(|(rank, movie)| (run.movie(rank), *movie)).unzip()
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let latest = RefCell::new(None);
    let lag = RefCell::new(None);
    let following = async {
        loop {
            let counts = run.endpoint.counts(&names).await?;
            let is_complete = counts.iter().zip(&movies).all(|(&count, movie)| count >= movie.accepted);
            latest.replace(Some(counts));
            if is_complete {
                break;
            }
            sleep(POLL).await;
        }
        lag.replace(run.tally().last_accepted.map(|accepted| accepted.elapsed()));
        Ok(())
    };
    let watching = async {
        sleep(WATCH).await;
        let counts = run.endpoint.counts(&names).await?;
        latest.replace(Some(counts));
        Ok(())
    };
    let accepted = movies.iter().map(|movie| movie.accepted).sum();
    let bar = progress::bar(accepted, "{bar:40} {pos}/{len} likes counted {elapsed}");
    let sum = || latest.borrow().iter().flatten().sum::<u64>();
    let checking = async {
        let patience = if was_interrupted { TIMEOUT_INTERRUPTED } else { TIMEOUT };
        let Ok(followed) = timeout(patience, following).await else { return Ok(!was_interrupted) };
        followed?;
        let Ok(watched) = timeout(WATCH + TIMEOUT_INTERRUPTED, watching).await else { return Ok(false) };
        watched?;
        Ok(true)
    };
    let is_finished = select! {
        biased;
        checked = checking => checked.unwrap_or_else(|error: ApiError| {
            run.stop.interrupt(Interruption::counts_unreadable(chain(&error)));
            false
        }),
        () = run.stop.interrupted(), if !was_interrupted => false,
        never = progress::follow(&bar, || (sum(), format!("{} of {accepted} likes counted", sum()))) => match never {},
    };
    let counts = latest.borrow_mut().take()?;
    let verdict = verdict(&movies, &counts, is_finished);
    Some(Counted { likes: counts.iter().sum(), lag: lag.take(), verdict })
}

fn verdict(movies: &[Movie], counts: &[u64], is_finished: bool) -> Verdict {
    let mut pairs = movies.iter().zip(counts);
    if pairs.clone().any(|(movie, &count)| count > movie.posted) {
        Verdict::Wrong
    } else if !is_finished {
        Verdict::Unfinished
    } else if pairs.clone().any(|(movie, &count)| count < movie.accepted) {
        Verdict::Wrong
    } else if pairs.all(|(movie, _)| movie.accepted == movie.posted) {
        Verdict::Exact
    } else {
        Verdict::Consistent
    }
}

fn chain(error: &dyn Error) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
