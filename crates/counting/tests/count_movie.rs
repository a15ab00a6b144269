//! Counting the likes of a movie on simulated tables.

#![cfg(test)]

use std::{io, sync::Mutex, time::Duration};

use counting::{Like, Outcome, Reason, Token, Transact, TransactError, Transaction, count_movie};
use jiff::Timestamp;
use like::{LikeEvent, LikeId, MovieId};
use simulation::{Fault, Faults, Invocation, Queue, Tables};
use tokio::time::Instant;

/// What a transaction is answered with.
#[derive(Clone, Copy)]
enum Answer {
    /// The simulated tables answer, after this fault.
    Simulated(Fault),
    /// It is rejected until somebody fixes something.
    Rejected,
    /// Its first like can never be written.
    Invalid,
}

const FINE: Answer = Answer::Simulated(Fault::None);
const ANSWER_LOST: Answer = Answer::Simulated(Fault::AnswerLost);
const REQUEST_LOST: Answer = Answer::Simulated(Fault::RequestLost);
const CONFLICT: Answer = Answer::Simulated(Fault::Conflict);
const HANGS: Answer = Answer::Simulated(Fault::Hang);

/// The simulated tables, and a record of the transactions that reached them.
struct Service {
    tables: Tables,
    invocation: Invocation,
    answers: Mutex<std::vec::IntoIter<Answer>>,
    sizes: Mutex<Vec<usize>>,
    tokens: Mutex<Vec<Token>>,
}

impl Service {
    /// Answers one transaction after the other with these, then without a fault.
    fn with(answers: Vec<Answer>) -> Self {
        let faults = answers.iter().filter_map(|answer| match answer {
            Answer::Simulated(fault) => Some(*fault),
            Answer::Rejected | Answer::Invalid => None,
        });
        let tables = Tables::new(Faults::script(faults.collect()));
        let invocation = Invocation::new(tables.clone(), Queue::new(Faults::none()));
        Self {
            tables,
            invocation,
            answers: Mutex::new(answers.into_iter()),
            sizes: Mutex::default(),
            tokens: Mutex::default(),
        }
    }

    fn count(&self) -> usize {
        let likes = self.tables.counts().values().sum::<u64>();
        assert_eq!(likes, u64::try_from(self.tables.ledger().len()).unwrap());
        usize::try_from(likes).unwrap()
    }
}

impl Transact for Service {
    type Error = io::Error;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<io::Error>> {
        self.sizes.lock().unwrap().push(transaction.likes.len());
        self.tokens.lock().unwrap().push(transaction.token);
        let answer = self.answers.lock().unwrap().next().unwrap_or(FINE);
        match answer {
            Answer::Rejected => Err(TransactError::Refused(io::Error::other("denied"))),
            Answer::Invalid => {
                let mut reasons = vec![Reason::None; transaction.likes.len()];
                reasons[0] = Reason::Permanent("why".into());
                Err(TransactError::Cancelled { likes: reasons, count: Reason::None })
            }
            Answer::Simulated(_) => {
                self.invocation.transact(transaction).await.map_err(|error| match error {
                    TransactError::Cancelled { likes, count } => TransactError::Cancelled { likes, count },
                    TransactError::Transient(error) => TransactError::Transient(io::Error::other(error)),
                    TransactError::Refused(error) => TransactError::Refused(io::Error::other(error)),
                })
            }
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

async fn count(service: &Service, likes: Vec<Like>) -> Vec<Outcome> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let number = likes.len();
    let mut outcomes = count_movie(service, &movie(), likes, deadline).await;
    assert!(Instant::now() <= deadline);
    assert_eq!(outcomes.len(), number);
    outcomes.sort_by_key(|(like, _)| like.positions.clone());
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[tokio::test(start_paused = true)]
async fn transactions_have_at_most_100_items() {
    let service = Service::with(vec![]);
    assert_eq!(count(&service, likes(200)).await, vec![Outcome::Counted; 200]);
    assert_eq!(*service.sizes.lock().unwrap(), [99, 99, 2]);
    assert_eq!(service.count(), 200);
}

#[tokio::test(start_paused = true)]
async fn duplicates_are_left_out_and_the_others_are_counted() {
    let likes = likes(3);
    let service = Service::with(vec![]);
    assert_eq!(count(&service, likes[1..2].to_vec()).await, [Outcome::Counted]);
    assert_eq!(count(&service, likes).await, [Outcome::Counted, Outcome::Duplicate, Outcome::Counted]);
    assert_eq!(*service.sizes.lock().unwrap(), [1, 3, 2]);
    assert_eq!(service.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_answer_is_lost_counts_once() {
    let service = Service::with(vec![ANSWER_LOST]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Counted, Outcome::Counted]);
    assert_eq!(*service.sizes.lock().unwrap(), [2, 2]);
    assert_eq!(service.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_answer_is_lost_counts_once_even_after_its_token_is_given_up() {
    let service = Service::with(vec![ANSWER_LOST, CONFLICT]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Duplicate, Outcome::Duplicate]);
    assert_eq!(service.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_losses_are_retried_after_a_pause() {
    let service = Service::with(vec![CONFLICT, REQUEST_LOST, CONFLICT]);
    let started = Instant::now();
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    let lost = Duration::from_secs(2);
    assert!(started.elapsed() >= lost + Duration::from_millis(20 + 40 + 80), "{:?}", started.elapsed());
    assert_eq!(service.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_lost_answer_has_the_same_token_and_any_other_a_new_one() {
    let service = Service::with(vec![REQUEST_LOST, REQUEST_LOST, CONFLICT]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    let tokens = service.tokens.lock().unwrap();
    assert_eq!(tokens[..2], [tokens[0]; 2]);
    assert_eq!(tokens[1], tokens[2], "the conflict was the answer to the third try");
    assert_ne!(tokens[2], tokens[3]);
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_at_the_deadline_or_after_it() {
    let service = Service::with(vec![]);
    let outcomes = count_movie(&service, &movie(), likes(300), Instant::now()).await;
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Unfinished));
    assert_eq!((outcomes.len(), service.sizes.lock().unwrap().len()), (300, 0));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_lasts_until_the_deadline_leaves_the_like_unfinished() {
    let service = Service::with(vec![CONFLICT; 1000]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
    assert_eq!(service.count(), 0);
    // Pauses grow to a second, so 30 seconds are some forty tries and not thousands.
    let tries = service.sizes.lock().unwrap().len();
    assert!((20..60).contains(&tries), "{tries}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_at_the_deadline() {
    let service = Service::with(vec![HANGS]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_transaction_is_not_retried() {
    let service = Service::with(vec![Answer::Rejected]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
    assert_eq!(*service.sizes.lock().unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_like_that_can_never_be_written_does_not_hold_up_the_others() {
    let service = Service::with(vec![Answer::Invalid]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Quarantined("why".into()), Outcome::Counted]);
    assert_eq!(service.count(), 1);
}
