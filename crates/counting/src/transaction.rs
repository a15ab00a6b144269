//! The transaction: ledger entries and the count that they add to, all or nothing.

use std::error::Error;

use jiff::Timestamp;
use like::MovieId;
use tables::Cell;
use thiserror::Error;
use uuid::Uuid;

use crate::batch::Like;

/// The maximum number of actions in one transaction.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
pub const MAX_TRANSACT_ITEMS: usize = 100;

/// The maximum number of likes in one transaction: one action is the count's.
pub const MAX_LIKES: usize = MAX_TRANSACT_ITEMS - 1;

/// Adds ledger entries for likes of one movie, none of which may have one, and adds their number to a cell of its count.
#[derive(Debug, Clone, Copy)]
pub struct Transaction<'a> {
    /// The movie.
    pub movie: &'a MovieId,
    /// Its likes: 1 to [`MAX_LIKES`], no two with the same key.
    pub likes: &'a [Like],
    /// The cell of its count.
    pub cell: Cell,
    /// The same for all attempts at one transaction, and unique to it.
    pub token: Token,
}

/// Makes a transaction idempotent across attempts.
///
/// If an attempt was carried out but its response was lost, `DynamoDB` reports success to a retry with the same
/// token, for the price of a read. A token is good for 10 minutes. A later retry is cancelled by the ledger's
/// entries. See `ClientRequestToken` in
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    id: Uuid,
    created_at: Timestamp,
}

impl Token {
    /// A token for a new transaction.
    #[must_use]
    pub fn new() -> Self {
        Self { id: Uuid::now_v7(), created_at: Timestamp::now() }
    }

    /// The `ClientRequestToken`: 36 characters, which is `DynamoDB`'s limit.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// The time of the token's creation. All attempts write this time: with the same token, they must be identical.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.created_at
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// Tables that carry out transactions.
pub trait Transact {
    /// The error of a transaction that failed without being cancelled.
    type Error: Error + Send + Sync + 'static;

    /// Carries out `transaction`, all or nothing.
    ///
    /// # Errors
    /// [`TransactError`] if the transaction was not carried out, or is not known to be.
    fn transact(
        &self,
        transaction: Transaction<'_>,
    ) -> impl Future<Output = Result<(), TransactError<Self::Error>>> + Send;
}

/// The transaction was not carried out, or is not known to be.
#[derive(Debug, Error)]
pub enum TransactError<E> {
    /// It was not carried out, for these reasons.
    #[error("the transaction was cancelled")]
    Cancelled {
        /// The reason for each like, in the transaction's order.
        likes: Vec<Reason>,
        /// The count's reason.
        count: Reason,
    },
    /// It may have been carried out. A retry finds out.
    #[error("DynamoDB did not acknowledge the transaction")]
    Transient(#[source] E),
    /// It was not carried out, and a retry is useless until an operator fixes the cause, such as a missing permission
    /// or table.
    #[error("DynamoDB rejected the transaction")]
    Rejected(#[source] E),
}

/// An action's part in the cancellation of its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The action did not cause it.
    None,
    /// The ledger already has the entry.
    Exists,
    /// The count has other cells than the transaction assumes.
    OtherCells,
    /// Another transaction is writing the item. A retry may succeed.
    Conflict,
    /// The table is throttled. A retry may succeed.
    Throttled,
    /// The action can never be carried out, for this reason.
    Permanent(String),
}

/// The likes of a cancelled transaction, sorted by their outcomes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// Likes that the ledger already has.
    pub duplicates: Vec<Like>,
    /// Likes that can never be written, each with the reason.
    pub quarantined: Vec<(Like, String)>,
    /// Likes to retry.
    pub remaining: Vec<Like>,
    /// Whether to back off before the retry.
    pub back_off: bool,
}

/// Sorts a cancelled transaction's likes by the reasons for its cancellation.
///
/// A like without a reason is never assumed to be counted: it is retried.
#[must_use]
pub(crate) fn sort_cancelled(likes: Vec<Like>, reasons: Vec<Reason>, count: Reason) -> Sorted {
    let mut sorted = Sorted::default();
    let reasons = reasons.into_iter().chain(std::iter::repeat(Reason::None));
    for (like, reason) in likes.into_iter().zip(reasons) {
        match reason {
            Reason::Exists => sorted.duplicates.push(like),
            Reason::Permanent(why) => sorted.quarantined.push((like, why)),
            Reason::None => sorted.remaining.push(like),
            Reason::OtherCells | Reason::Conflict | Reason::Throttled => {
                sorted.back_off = true;
                sorted.remaining.push(like);
            }
        }
    }
    match count {
        Reason::Permanent(why) => {
            let permanent = sorted.remaining.drain(..).map(|like| (like, why.clone()));
            sorted.quarantined.extend(permanent);
        }
        Reason::OtherCells | Reason::Conflict | Reason::Throttled => sorted.back_off = true,
        Reason::None | Reason::Exists => {}
    }
    // No like was removed, so the same transaction would probably be cancelled again at once.
    if sorted.duplicates.is_empty() && sorted.quarantined.is_empty() {
        sorted.back_off = true;
    }
    sorted
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use like::{LikeEvent, LikeId};
    use proptest::prelude::*;

    use super::*;

    fn likes(number: usize) -> Vec<Like> {
        (0..number)
            .map(|position| {
                let event = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), "m".parse().unwrap(), None);
                Like { key: event.key(), event, positions: vec![position] }
            })
            .collect()
    }

    #[test]
    fn every_token_is_unique_and_has_the_time_of_its_creation() {
        let before = Timestamp::now();
        let (one, other) = (Token::new(), Token::new());
        assert_ne!(one.id(), other.id());
        assert!((before..=Timestamp::now()).contains(&one.created_at()), "{one:?}");
    }

    #[test]
    fn duplicates_are_left_out_and_the_rest_is_retried_at_once() {
        let all = likes(3);
        let sorted =
            sort_cancelled(all.clone(), vec![Reason::None, Reason::Exists, Reason::None], Reason::None);
        assert_eq!(
            sorted,
            Sorted {
                duplicates: vec![all[1].clone()],
                quarantined: vec![],
                remaining: vec![all[0].clone(), all[2].clone()],
                back_off: false,
            }
        );
    }

    #[test]
    fn contention_on_a_like_or_on_the_count_retries_all_after_a_pause() {
        let all = likes(2);
        for (reasons, count) in [
            (vec![Reason::Conflict, Reason::None], Reason::None),
            (vec![Reason::Throttled, Reason::None], Reason::None),
            (vec![Reason::None, Reason::None], Reason::Conflict),
            (vec![Reason::None, Reason::None], Reason::Throttled),
            (vec![Reason::None, Reason::None], Reason::OtherCells),
        ] {
            let sorted = sort_cancelled(all.clone(), reasons, count);
            assert_eq!(sorted, Sorted { remaining: all.clone(), back_off: true, ..Sorted::default() });
        }
    }

    #[test]
    fn a_permanent_reason_for_a_like_quarantines_that_like_alone() {
        let all = likes(2);
        let reasons = vec![Reason::Permanent("too big".into()), Reason::None];
        let sorted = sort_cancelled(all.clone(), reasons, Reason::None);
        assert_eq!(sorted.quarantined, [(all[0].clone(), "too big".into())]);
        assert_eq!(sorted.remaining, [all[1].clone()]);
    }

    #[test]
    fn a_permanent_reason_for_the_count_quarantines_all_but_duplicates() {
        let all = likes(2);
        let reasons = vec![Reason::Exists, Reason::None];
        let sorted = sort_cancelled(all.clone(), reasons, Reason::Permanent("likes is a string".into()));
        assert_eq!(sorted.duplicates, [all[0].clone()]);
        assert_eq!(sorted.quarantined, [(all[1].clone(), "likes is a string".into())]);
        assert_eq!(sorted.remaining, []);
    }

    #[test]
    fn a_cancellation_without_reasons_retries_all_after_a_pause() {
        let all = likes(2);
        let sorted = sort_cancelled(all.clone(), vec![], Reason::None);
        assert_eq!(sorted, Sorted { remaining: all, back_off: true, ..Sorted::default() });
    }

    fn reason() -> impl Strategy<Value = Reason> {
        prop_oneof![
            Just(Reason::None),
            Just(Reason::Exists),
            Just(Reason::OtherCells),
            Just(Reason::Conflict),
            Just(Reason::Throttled),
            Just(Reason::Permanent("why".into()))
        ]
    }

    proptest! {
        #[test]
        fn no_like_is_lost_or_doubled_and_only_one_with_an_entry_is_a_duplicate(
            reasons in proptest::collection::vec(reason(), 0..12),
            number in 0..10_usize,
            count in reason(),
        ) {
            let all = likes(number);
            let sorted = sort_cancelled(all.clone(), reasons.clone(), count);
            for like in &sorted.duplicates {
                prop_assert_eq!(&reasons[like.positions[0]], &Reason::Exists);
            }
            let mut positions: Vec<_> = sorted.duplicates.iter()
                .chain(sorted.quarantined.iter().map(|(like, _)| like))
                .chain(&sorted.remaining)
                .map(|like| like.positions[0])
                .collect();
            positions.sort_unstable();
            prop_assert_eq!(positions, (0..number).collect::<Vec<_>>());
            prop_assert!(sorted.back_off || sorted.remaining.len() < number || number == 0);
        }
    }
}
