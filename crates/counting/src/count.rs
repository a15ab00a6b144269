//! Counting the likes of one movie: transaction after transaction, until all are settled or time is up.

use std::time::Duration;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    batch::Like,
    outcome::Outcome,
    transaction::{MAX_LIKES, Token, Transact, TransactError, Transaction, sort_cancelled},
};

/// The pauses between tries: growing, with jitter, for as long as there is time.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(1))
        .without_max_times()
        .with_jitter()
        .build()
}

/// Counts likes of `movie`, no two with the same key, and says what became of each before `deadline`.
///
/// The transactions run one after the other, since they add to the same count and would cancel each other. None is
/// begun after `deadline`.
pub async fn count_movie<T: Transact>(
    tables: &T,
    movie: &MovieId,
    likes: Vec<Like>,
    deadline: Instant,
) -> Vec<(Like, Outcome)> {
    let mut outcomes = Vec::with_capacity(likes.len());
    let mut likes = likes.into_iter();
    loop {
        let chunk: Vec<_> = likes.by_ref().take(MAX_LIKES).collect();
        if chunk.is_empty() {
            return outcomes;
        }
        count_chunk(tables, movie, chunk, deadline, &mut outcomes).await;
    }
}

async fn count_chunk<T: Transact>(
    tables: &T,
    movie: &MovieId,
    mut likes: Vec<Like>,
    deadline: Instant,
    outcomes: &mut Vec<(Like, Outcome)>,
) {
    let mut pauses = pauses();
    let mut token = Token::new();
    // A timeout alone would begin the call before it looks at the clock.
    while !likes.is_empty() && Instant::now() < deadline {
        let transaction = Transaction { movie, likes: &likes, token };
        let pause_first = match timeout_at(deadline, tables.transact(transaction)).await {
            Ok(Ok(())) => {
                outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Counted)));
                return;
            }
            Ok(Err(TransactError::Cancelled { likes: reasons, count })) => {
                let sorted = sort_cancelled(likes, reasons, count);
                outcomes.extend(sorted.duplicates.into_iter().map(|like| (like, Outcome::Duplicate)));
                outcomes.extend(
                    sorted.quarantined.into_iter().map(|(like, why)| (like, Outcome::Quarantined(why))),
                );
                likes = sorted.remaining;
                token = Token::new();
                sorted.contention
            }
            Ok(Err(TransactError::Transient(error))) => {
                tracing::warn!(%movie, error = %DisplayErrorContext(&error), "not written, tried again");
                true
            }
            Ok(Err(TransactError::Refused(error))) => {
                tracing::error!(%movie, error = %DisplayErrorContext(&error), "not written");
                break;
            }
            Err(_) => break,
        };
        if pause_first {
            let pause = pauses.next().unwrap_or_default();
            if Instant::now() + pause >= deadline {
                break;
            }
            sleep(pause).await;
        }
    }
    outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Unfinished)));
}
