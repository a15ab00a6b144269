//! Counting the likes of one movie: transaction after transaction, until all are settled or time is up.

use std::time::Duration;

use aws_sdk_dynamodb::error::DisplayErrorContext;
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tokio::time::{Instant, sleep, timeout_at};

use crate::{
    batch::Like,
    transaction::{MAX_LIKES, Token, Transact, TransactError, Transaction, sort_cancelled},
};

/// What became of a like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was written to the ledger and counted now.
    Counted,
    /// The ledger knew it: it was counted before.
    Known,
    /// It can never be written, and why.
    Invalid(String),
    /// It is not known to be written; it must be delivered again.
    Unwritten,
}

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
                outcomes.extend(sorted.known.into_iter().map(|like| (like, Outcome::Known)));
                outcomes.extend(sorted.invalid.into_iter().map(|(like, why)| (like, Outcome::Invalid(why))));
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
    outcomes.extend(likes.into_iter().map(|like| (like, Outcome::Unwritten)));
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, io, sync::Mutex};

    use jiff::Timestamp;
    use like::{LikeEvent, LikeId, LikeKey};

    use super::*;
    use crate::transaction::Reason;

    /// What happens to one transaction, in turn; after the last, all go well.
    enum Turn {
        Fine,
        /// It is carried out and its answer lost.
        AnswerLost,
        /// It is not carried out.
        Lost,
        Conflict,
        Refused,
        Invalid,
        Hangs,
    }

    /// Two tables that follow DynamoDB's rules for the one transaction there is.
    #[derive(Default)]
    struct Model {
        ledger: Mutex<HashSet<LikeKey>>,
        count: Mutex<usize>,
        sizes: Mutex<Vec<usize>>,
        tokens: Mutex<Vec<Token>>,
        turns: Mutex<std::vec::IntoIter<Turn>>,
    }

    impl Model {
        fn with(turns: Vec<Turn>) -> Self {
            Self { turns: Mutex::new(turns.into_iter()), ..Self::default() }
        }

        fn knowing(likes: &[Like]) -> Self {
            Self {
                ledger: Mutex::new(likes.iter().map(|like| like.key.clone()).collect()),
                count: Mutex::new(likes.len()),
                ..Self::default()
            }
        }

        fn write(&self, likes: &[Like]) -> Result<(), TransactError<io::Error>> {
            let mut ledger = self.ledger.lock().unwrap();
            if likes.iter().any(|like| ledger.contains(&like.key)) {
                let reason =
                    |like: &Like| if ledger.contains(&like.key) { Reason::Exists } else { Reason::None };
                return Err(TransactError::Cancelled {
                    likes: likes.iter().map(reason).collect(),
                    count: Reason::None,
                });
            }
            ledger.extend(likes.iter().map(|like| like.key.clone()));
            *self.count.lock().unwrap() += likes.len();
            Ok(())
        }

        fn count(&self) -> usize {
            assert_eq!(*self.count.lock().unwrap(), self.ledger.lock().unwrap().len());
            *self.count.lock().unwrap()
        }
    }

    impl Transact for Model {
        type Error = io::Error;

        async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<io::Error>> {
            let likes = transaction.likes;
            self.sizes.lock().unwrap().push(likes.len());
            self.tokens.lock().unwrap().push(transaction.token);
            let turn = self.turns.lock().unwrap().next().unwrap_or(Turn::Fine);
            let nothing = vec![Reason::None; likes.len()];
            match turn {
                Turn::Fine => self.write(likes),
                Turn::AnswerLost => {
                    self.write(likes)?;
                    Err(TransactError::Transient(io::Error::other("timed out")))
                }
                Turn::Lost => Err(TransactError::Transient(io::Error::other("timed out"))),
                Turn::Conflict => Err(TransactError::Cancelled { likes: nothing, count: Reason::Contention }),
                Turn::Refused => Err(TransactError::Refused(io::Error::other("denied"))),
                Turn::Invalid => {
                    let mut reasons = nothing;
                    reasons[0] = Reason::Invalid("why".into());
                    Err(TransactError::Cancelled { likes: reasons, count: Reason::None })
                }
                Turn::Hangs => std::future::pending().await,
            }
        }
    }

    fn movie() -> MovieId {
        "m".parse().unwrap()
    }

    fn likes(number: usize) -> Vec<Like> {
        (0..number)
            .map(|position| {
                let event = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie(), None);
                Like { key: event.key(), event, positions: vec![position] }
            })
            .collect()
    }

    async fn count(model: &Model, likes: Vec<Like>) -> Vec<Outcome> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let number = likes.len();
        let mut outcomes = count_movie(model, &movie(), likes, deadline).await;
        assert!(Instant::now() <= deadline);
        assert_eq!(outcomes.len(), number);
        outcomes.sort_by_key(|(like, _)| like.positions.clone());
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn transactions_have_at_most_100_items() {
        let model = Model::default();
        assert_eq!(count(&model, likes(200)).await, vec![Outcome::Counted; 200]);
        assert_eq!(*model.sizes.lock().unwrap(), [99, 99, 2]);
        assert_eq!(model.count(), 200);
    }

    #[tokio::test(start_paused = true)]
    async fn likes_that_the_ledger_knows_are_left_out_and_the_others_counted() {
        let likes = likes(3);
        let model = Model::knowing(&likes[1..2]);
        assert_eq!(count(&model, likes).await, [Outcome::Counted, Outcome::Known, Outcome::Counted]);
        assert_eq!(model.count(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_whose_answer_is_lost_is_counted_once() {
        let model = Model::with(vec![Turn::AnswerLost]);
        assert_eq!(count(&model, likes(2)).await, [Outcome::Known, Outcome::Known]);
        assert_eq!(model.count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn conflicts_and_losses_are_tried_again_after_a_pause() {
        let model = Model::with(vec![Turn::Conflict, Turn::Lost, Turn::Conflict]);
        let started = Instant::now();
        assert_eq!(count(&model, likes(1)).await, [Outcome::Counted]);
        assert!(started.elapsed() >= Duration::from_millis(20 + 40 + 80), "{:?}", started.elapsed());
        assert_eq!(model.count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_after_a_lost_answer_is_the_same_transaction_and_after_any_other_a_new_one() {
        let model = Model::with(vec![Turn::Lost, Turn::Lost, Turn::Conflict]);
        assert_eq!(count(&model, likes(1)).await, [Outcome::Counted]);
        let tokens = model.tokens.lock().unwrap();
        assert_eq!(tokens[..2], [tokens[0]; 2]);
        assert_eq!(tokens[1], tokens[2], "the conflict was the answer to the third try");
        assert_ne!(tokens[2], tokens[3]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_begun_at_the_deadline_or_after_it() {
        let model = Model::default();
        let outcomes = count_movie(&model, &movie(), likes(300), Instant::now()).await;
        assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Unwritten));
        assert_eq!((outcomes.len(), model.sizes.lock().unwrap().len()), (300, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_conflicts_until_the_deadline_is_unwritten() {
        let model = Model::with((0..1000).map(|_| Turn::Conflict).collect());
        assert_eq!(count(&model, likes(1)).await, [Outcome::Unwritten]);
        assert_eq!(model.count(), 0);
        // Pauses grow to a second, so 30 seconds are some forty tries and not thousands.
        let tries = model.sizes.lock().unwrap().len();
        assert!((20..60).contains(&tries), "{tries}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_hangs_is_given_up_at_the_deadline() {
        let model = Model::with(vec![Turn::Hangs]);
        assert_eq!(count(&model, likes(1)).await, [Outcome::Unwritten]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_not_tried_again() {
        let model = Model::with(vec![Turn::Refused]);
        assert_eq!(count(&model, likes(1)).await, [Outcome::Unwritten]);
        assert_eq!(*model.sizes.lock().unwrap(), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_like_that_can_never_be_written_does_not_hold_up_the_others() {
        let model = Model::with(vec![Turn::Invalid]);
        assert_eq!(count(&model, likes(2)).await, [Outcome::Invalid("why".into()), Outcome::Counted]);
        assert_eq!(model.count(), 1);
    }
}
