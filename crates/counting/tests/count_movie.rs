//! Counts the likes of a movie on simulated tables.

#![cfg(test)]

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use counting::{
    Cell, Cells, CountCells, KnownCells, Like, Outcome, QUIET, Reason, Spread, Token, Transact,
    TransactError, Transaction, count_movie,
};
use jiff::Timestamp;
use like::{LikeEvent, LikeId, MovieId};
use simulation::{Fault, Faults, Injected, Invocation, Queue, Tables};
use tokio::time::{Instant, sleep};

/// The response to a transaction.
#[derive(Clone, Copy)]
enum Response {
    /// The simulated tables' own, after this fault.
    Simulated(Fault),
    /// A rejection that a retry cannot change.
    Rejected,
    /// A cancellation: the first like can never be written.
    Permanent,
    /// A cancellation: the count has other cells.
    OtherCells,
}

const FINE: Response = Response::Simulated(Fault::None);
const RESPONSE_LOST: Response = Response::Simulated(Fault::ResponseLost);
const REQUEST_LOST: Response = Response::Simulated(Fault::RequestLost);
const CONFLICT: Response = Response::Simulated(Fault::Conflict);
const HANGS: Response = Response::Simulated(Fault::Hang);

/// The simulated tables, and a record of the transactions that reached them.
struct Service {
    tables: Tables,
    invocation: Invocation,
    responses: Mutex<std::vec::IntoIter<Response>>,
    sizes: Mutex<Vec<usize>>,
    tokens: Mutex<Vec<Token>>,
    cells: Mutex<Vec<Cell>>,
    folds: AtomicUsize,
    known: KnownCells,
}

impl Service {
    /// Gives one transaction after another these responses, then responds without a fault.
    fn with(responses: Vec<Response>) -> Self {
        let faults = responses.iter().filter_map(|response| match response {
            Response::Simulated(fault) => Some(*fault),
            Response::Rejected | Response::Permanent | Response::OtherCells => None,
        });
        let tables = Tables::new(Faults::script(faults.collect()));
        let invocation = Invocation::new(tables.clone(), Queue::new(Faults::none()), Arc::default());
        Self {
            tables,
            invocation,
            responses: Mutex::new(responses.into_iter()),
            sizes: Mutex::default(),
            tokens: Mutex::default(),
            cells: Mutex::default(),
            folds: AtomicUsize::new(0),
            known: KnownCells::default(),
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
        self.cells.lock().unwrap().push(transaction.cell);
        let response = self.responses.lock().unwrap().next().unwrap_or(FINE);
        match response {
            Response::Rejected => Err(TransactError::Rejected(io::Error::other("denied"))),
            Response::Permanent => {
                let mut reasons = vec![Reason::None; transaction.likes.len()];
                reasons[0] = Reason::Permanent("why".into());
                Err(TransactError::Cancelled { likes: reasons, count: Reason::None })
            }
            Response::OtherCells => {
                let likes = vec![Reason::None; transaction.likes.len()];
                Err(TransactError::Cancelled { likes, count: Reason::OtherCells })
            }
            Response::Simulated(_) => self.invocation.transact(transaction).await.map_err(as_io),
        }
    }
}

impl CountCells for Service {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<io::Error>> {
        self.invocation.cells(movie).await.map_err(as_io)
    }

    async fn spread(
        &self,
        movie: &MovieId,
        from: Cells,
        to: Cells,
    ) -> Result<bool, TransactError<io::Error>> {
        self.invocation.spread(movie, from, to).await.map_err(as_io)
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<io::Error>> {
        self.folds.fetch_add(1, Ordering::Relaxed);
        self.invocation.fold(movie, mine).await.map_err(as_io)
    }
}

fn as_io(error: TransactError<Injected>) -> TransactError<io::Error> {
    match error {
        TransactError::Cancelled { likes, count } => TransactError::Cancelled { likes, count },
        TransactError::Transient(error) => TransactError::Transient(io::Error::other(error)),
        TransactError::Rejected(error) => TransactError::Rejected(io::Error::other(error)),
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

/// The second of some shards.
fn spread(service: &Service) -> Spread<'_> {
    Spread { known: &service.known, shard: 1 }
}

async fn count(service: &Service, likes: Vec<Like>) -> Vec<Outcome> {
    let deadline = Instant::now() + Duration::from_secs(30);
    let number = likes.len();
    let mut outcomes = count_movie(service, spread(service), &movie(), likes, deadline).await;
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
async fn a_transaction_whose_response_is_lost_counts_once() {
    let service = Service::with(vec![RESPONSE_LOST]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Counted, Outcome::Counted]);
    assert_eq!(*service.sizes.lock().unwrap(), [2, 2]);
    assert_eq!(service.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_whose_response_is_lost_counts_once_even_if_the_retry_has_a_new_token() {
    let service = Service::with(vec![RESPONSE_LOST, CONFLICT]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Duplicate, Outcome::Duplicate]);
    assert_eq!(service.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn conflicts_and_losses_are_retried_after_a_pause() {
    let service = Service::with(vec![CONFLICT, REQUEST_LOST, CONFLICT]);
    let started = Instant::now();
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    let lost = Duration::from_secs(2);
    assert!(started.elapsed() >= lost + Duration::from_millis(20 + 40 + 20), "{:?}", started.elapsed());
    assert_eq!(service.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_a_lost_response_has_the_same_token_and_any_other_a_new_one() {
    let service = Service::with(vec![REQUEST_LOST, REQUEST_LOST, CONFLICT]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    let tokens = service.tokens.lock().unwrap();
    assert_eq!(tokens[..2], [tokens[0]; 2]);
    assert_eq!(tokens[1], tokens[2], "the conflict was the response to the third attempt");
    assert_ne!(tokens[2], tokens[3]);
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_at_the_deadline_or_after_it() {
    let service = Service::with(vec![]);
    let outcomes = count_movie(&service, spread(&service), &movie(), likes(300), Instant::now()).await;
    assert!(outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Unfinished));
    assert_eq!((outcomes.len(), service.sizes.lock().unwrap().len()), (300, 0));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_that_lasts_until_the_deadline_leaves_the_like_unfinished() {
    let service = Service::with(vec![CONFLICT; 1000]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
    assert_eq!(service.count(), 0);
    // The backoff grows to a second, so 30 seconds allow some forty attempts, not thousands.
    let attempts = service.sizes.lock().unwrap().len();
    assert!((20..60).contains(&attempts), "{attempts}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_at_the_deadline() {
    let service = Service::with(vec![HANGS]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_transaction_is_not_retried() {
    let service = Service::with(vec![Response::Rejected]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Unfinished]);
    assert_eq!(*service.sizes.lock().unwrap(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_like_that_can_never_be_written_does_not_hold_up_the_others() {
    let service = Service::with(vec![Response::Permanent]);
    assert_eq!(count(&service, likes(2)).await, [Outcome::Quarantined("why".into()), Outcome::Counted]);
    assert_eq!(service.count(), 1);
}

/// The number of cells that the movie's count has.
fn cells(service: &Service) -> u8 {
    service.tables.number_of_cells(&movie()).number()
}

#[tokio::test(start_paused = true)]
async fn a_count_gets_another_cell_once_a_transaction_has_conflicted_twice() {
    let service = Service::with(vec![CONFLICT]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!(cells(&service), 1, "one conflict is no reason");

    let service = Service::with(vec![CONFLICT, CONFLICT]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!((cells(&service), service.count()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn conflicts_on_entries_and_throttling_are_no_reason_for_another_cell() {
    for fault in [Fault::EntryConflict, Fault::Throttled] {
        let service = Service::with(vec![Response::Simulated(fault); 4]);
        assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
        assert_eq!(cells(&service), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn cells_that_others_made_are_found_and_remembered() {
    let service = Service::with(vec![]);
    let others = service.invocation.clone();
    let (one, two) = (Cells::ONE, Cells::ONE.doubled().unwrap());
    assert!(others.spread(&movie(), one, two).await.unwrap());
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!((cells(&service), service.count()), (2, 1));
    // The first transaction assumed one cell and was cancelled; now it is known that there are two.
    assert_eq!(service.sizes.lock().unwrap().len(), 2);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!(service.sizes.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn likes_of_a_count_with_a_missing_or_malformed_cell_are_added_to_the_first() {
    let service = Service::with(vec![Response::OtherCells]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!(*service.cells.lock().unwrap(), [Cell::ONLY, Cell::FIRST]);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_on_a_cell_that_was_folded_is_carried_out_on_one_that_exists() {
    // Between the conflicts and the fold, the cells are read and doubled, the like is counted, and no fold is due.
    let script = [&[CONFLICT; 2][..], &[FINE; 4], &[Response::Simulated(Fault::Fold)]].concat();
    let service = Service::with(script);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!(cells(&service), 2);
    assert_eq!(count(&service, likes(2)).await, vec![Outcome::Counted; 2]);
    assert_eq!((cells(&service), service.count()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn cells_are_folded_once_no_other_shard_has_added_to_them_for_a_minute() {
    let service = Service::with(vec![CONFLICT, CONFLICT]);
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    sleep(QUIET.saturating_sub(Duration::from_secs(1))).await;
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!(cells(&service), 2, "the first cell is still young");
    sleep(QUIET).await;
    assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
    assert_eq!((cells(&service), service.count()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn whether_cells_can_be_folded_is_checked_once_a_minute() {
    let service = Service::with(vec![CONFLICT, CONFLICT]);
    let known_to_another = KnownCells::default();
    let another = Spread { known: &known_to_another, shard: 0 };
    let mut checks = Vec::new();
    for pause in [Duration::ZERO, QUIET / 2, QUIET / 2] {
        sleep(pause).await;
        assert_eq!(count(&service, likes(1)).await, [Outcome::Counted]);
        checks.push(service.folds.swap(0, Ordering::Relaxed));
        let deadline = Instant::now() + Duration::from_secs(30);
        count_movie(&service.invocation, another, &movie(), likes(1), deadline).await;
    }
    assert_eq!(checks, [1, 0, 1]);
    assert_eq!((cells(&service), service.count()), (2, 6));
}
