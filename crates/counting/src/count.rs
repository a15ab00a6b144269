//! Counts the likes of one movie: one transaction after another, until every like has an outcome or time is up.

use std::{error::Error, time::Duration};

use aws_sdk_dynamodb::error::DisplayErrorContext;
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tables::Cell;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    batch::Like,
    outcome::Outcome,
    spread::{CountCells, Spread},
    transaction::{MAX_LIKES, Reason, Token, TransactError, Transaction, sort_cancelled},
};

/// How often a transaction conflicts on its count before that gets more cells. Once happens on any count, and more cells
/// cost more to read.
const CONFLICTS: u32 = 2;

/// How long a batch waits for cells to be folded, which only saves reads.
const TIME_TO_FOLD: Duration = Duration::from_secs(1);

/// The backoff between attempts: exponential, with jitter, without end.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter()
        .build()
}

/// Counts likes of `movie`, no two with the same key, and returns the outcome of each by `deadline`.
///
/// The transactions run one at a time: they add to the same count and would cancel each other. None starts after
/// `deadline`, and one in flight is abandoned then.
pub async fn count_movie<T: CountCells>(
    tables: &T,
    spread: Spread<'_>,
    movie: &MovieId,
    likes: Vec<Like>,
    deadline: Instant,
) -> Vec<(Like, Outcome)> {
    let mut outcomes = Vec::with_capacity(likes.len());
    let mut failures = Failures::none();
    let mut likes = likes.into_iter();
    loop {
        let chunk: Vec<_> = likes.by_ref().take(MAX_LIKES).collect();
        if chunk.is_empty() {
            let fold_by = deadline.min(Instant::now() + TIME_TO_FOLD);
            if let Ok(Err(error)) = timeout_at(fold_by, spread.fold(tables, movie)).await {
                failures.add(error);
            }
            failures.log(movie);
            return outcomes;
        }
        count_chunk(tables, spread, movie, chunk, deadline, &mut outcomes, &mut failures).await;
    }
}

/// The failed attempts at a movie's transactions: one line in the log, however many there are in an outage.
struct Failures<E> {
    attempts: u32,
    last: Option<TransactError<E>>,
}

impl<E: Error + Send + Sync + 'static> Failures<E> {
    const fn none() -> Self {
        Self { attempts: 0, last: None }
    }

    fn add(&mut self, error: TransactError<E>) {
        self.attempts = self.attempts.saturating_add(1);
        self.last = Some(error);
    }

    fn log(&self, movie: &MovieId) {
        if let Some(error) = &self.last {
            let attempts = self.attempts;
            tracing::warn!(%movie, attempts, error = %DisplayErrorContext(error), "transactions failed");
        }
    }
}

async fn count_chunk<T: CountCells>(
    tables: &T,
    spread: Spread<'_>,
    movie: &MovieId,
    mut likes: Vec<Like>,
    deadline: Instant,
    outcomes: &mut Vec<(Like, Outcome)>,
    failures: &mut Failures<T::Error>,
) {
    let mut pauses = pauses();
    let mut token = Token::new();
    let Ok(mut cells) = timeout_at(deadline, spread.cells(tables, movie)).await else {
        outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Unfinished)));
        return;
    };
    let mut cell = cells.of_shard(spread.shard);
    let mut conflicts = 0;
    let mut cancelled = None;
    // `timeout_at` alone would start the call before it checks the clock.
    while !likes.is_empty() && Instant::now() < deadline {
        let transaction = Transaction { movie, likes: &likes, cell, token };
        let back_off = match timeout_at(deadline, tables.transact(transaction)).await {
            Ok(Ok(())) => {
                outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Counted)));
                return;
            }
            Ok(Err(TransactError::Cancelled { likes: reasons, count })) => {
                let is_stale = count == Reason::OtherCells;
                conflicts += u32::from(count == Reason::Conflict);
                cancelled = Some(TransactError::Cancelled { likes: Vec::new(), count: count.clone() });
                let sorted = sort_cancelled(likes, reasons, count);
                outcomes.extend(sorted.duplicates.into_iter().map(|like| (like, Outcome::Duplicate)));
                outcomes.extend(
                    sorted.quarantined.into_iter().map(|(like, why)| (like, Outcome::Quarantined(why))),
                );
                likes = sorted.remaining;
                token = Token::new();
                if is_stale || conflicts >= CONFLICTS {
                    let adapted = spread.adapt(tables, movie, cells, !is_stale);
                    match timeout_at(deadline, adapted).await {
                        Ok(Ok(adapted)) if adapted != cells => {
                            cells = adapted;
                            cell = cells.of_shard(spread.shard);
                            // Nothing is known of another cell's contention.
                            pauses = self::pauses();
                        }
                        // The count's items contradict each other, which takes a write by hand. Readers add up the first one
                        // in any case.
                        Ok(Ok(_)) if is_stale => {
                            tracing::error!(%movie, "cells of the count are missing or malformed; added to the first");
                            cell = Cell::FIRST;
                        }
                        Ok(Ok(_)) => {}
                        Ok(Err(error)) => failures.add(error),
                        Err(_) => break,
                    }
                    conflicts = 0;
                }
                sorted.back_off
            }
            Ok(Err(error @ TransactError::Transient(_))) => {
                failures.add(error);
                true
            }
            Ok(Err(error @ TransactError::Rejected(_))) => {
                failures.add(error);
                break;
            }
            Err(_) => break,
        };
        if back_off {
            let pause = pauses.next().unwrap_or_default();
            if Instant::now() + pause >= deadline {
                break;
            }
            sleep(pause).await;
        }
    }
    if let Some(cancelled) = cancelled.filter(|_| !likes.is_empty()) {
        failures.add(cancelled);
    }
    outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Unfinished)));
}
