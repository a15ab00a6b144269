//! The one kind of write there is: ledger entries and the count that they add up to, all or nothing.

use std::error::Error;

use jiff::Timestamp;
use like::MovieId;
use thiserror::Error;
use uuid::Uuid;

use crate::batch::Like;

/// The most actions that one transaction may have.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
pub const MAX_TRANSACT_ITEMS: usize = 100;

/// The most likes that one transaction may count: one action is the count's own.
pub const MAX_LIKES: usize = MAX_TRANSACT_ITEMS - 1;

/// Remembers likes of one movie, none of which the ledger may know yet, and adds their number to its count.
#[derive(Debug, Clone, Copy)]
pub struct Transaction<'a> {
    /// The movie.
    pub movie: &'a MovieId,
    /// Its likes: 1 to [`MAX_LIKES`], no two with the same key.
    pub likes: &'a [Like],
    /// The same for each try of one transaction, another for any other.
    pub token: Token,
}

/// What makes several tries of a transaction one.
///
/// When a try was carried out and its answer lost, `DynamoDB` answers the next one with the same token as it would
/// have answered the first, for the price of a read. It does so for 10 minutes, and after that finds the ledger's
/// entries. See `ClientRequestToken` in
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    id: Uuid,
    made: Timestamp,
}

impl Token {
    /// A token for a transaction that is tried for the first time.
    #[must_use]
    pub fn new() -> Self {
        Self { id: Uuid::now_v7(), made: Timestamp::now() }
    }

    /// What `DynamoDB` knows it by: 36 characters, as many as it takes.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.id
    }

    /// When it was made: all tries must say the same time, or they would not be one transaction.
    #[must_use]
    pub fn made(&self) -> Timestamp {
        self.made
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

/// Where transactions are carried out.
pub trait Transact {
    /// What a transaction fails with, when it is not cancelled.
    type Error: Error + Send + Sync + 'static;

    /// Carries out `transaction` wholly or not at all.
    ///
    /// # Errors
    /// [`TransactError`] says why it was not carried out, or that this is not known.
    fn transact(
        &self,
        transaction: Transaction<'_>,
    ) -> impl Future<Output = Result<(), TransactError<Self::Error>>> + Send;
}

/// Why a transaction was not carried out, as far as is known.
#[derive(Debug, Error)]
pub enum TransactError<E> {
    /// It was not carried out; there is a reason for each like, in their order, and one for the count.
    #[error("the transaction was cancelled")]
    Cancelled {
        /// One for each like of the transaction.
        likes: Vec<Reason>,
        /// The count's own.
        count: Reason,
    },
    /// It may have been carried out or not: a later try can tell.
    #[error("DynamoDB did not carry the transaction out, or did not say so in time")]
    Transient(#[source] E),
    /// It was not carried out and will not be until somebody mends something: a permission, a table.
    #[error("DynamoDB refused the transaction")]
    Refused(#[source] E),
}

/// What an action had to do with the cancellation of its transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing.
    None,
    /// The ledger has the entry already.
    Exists,
    /// Another write of the item is under way, or there are too many: the same action may do later.
    Contention,
    /// The action can never be carried out, and why.
    Permanent(String),
}

/// The likes of a cancelled transaction, sorted by what is to be done about them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// The ledger has them: they are counted already.
    pub duplicates: Vec<Like>,
    /// They can never be written, and why.
    pub quarantined: Vec<(Like, String)>,
    /// They are still to be written.
    pub remaining: Vec<Like>,
    /// Whether to pause before another try.
    pub contention: bool,
}

/// Sorts a cancelled transaction's likes by the reasons for its cancellation.
///
/// A like for which there is no reason is never taken for counted: it remains.
#[must_use]
pub(crate) fn sort_cancelled(likes: Vec<Like>, reasons: Vec<Reason>, count: Reason) -> Sorted {
    let mut sorted = Sorted::default();
    let reasons = reasons.into_iter().chain(std::iter::repeat(Reason::None));
    for (like, reason) in likes.into_iter().zip(reasons) {
        match reason {
            Reason::Exists => sorted.duplicates.push(like),
            Reason::Permanent(why) => sorted.quarantined.push((like, why)),
            Reason::None => sorted.remaining.push(like),
            Reason::Contention => {
                sorted.contention = true;
                sorted.remaining.push(like);
            }
        }
    }
    match count {
        Reason::Permanent(why) => {
            let permanent = sorted.remaining.drain(..).map(|like| (like, why.clone()));
            sorted.quarantined.extend(permanent);
        }
        Reason::Contention => sorted.contention = true,
        Reason::None | Reason::Exists => {}
    }
    // Nothing was learnt, so the same transaction would be cancelled again: not without a pause.
    if sorted.duplicates.is_empty() && sorted.quarantined.is_empty() {
        sorted.contention = true;
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
    fn every_token_is_another_and_says_when_it_was_made() {
        let before = Timestamp::now();
        let (one, other) = (Token::new(), Token::new());
        assert_ne!(one.id(), other.id());
        assert!((before..=Timestamp::now()).contains(&one.made()), "{one:?}");
    }

    #[test]
    fn known_likes_are_left_out_and_the_rest_is_tried_again_at_once() {
        let all = likes(3);
        let sorted =
            sort_cancelled(all.clone(), vec![Reason::None, Reason::Exists, Reason::None], Reason::None);
        assert_eq!(
            sorted,
            Sorted {
                duplicates: vec![all[1].clone()],
                quarantined: vec![],
                remaining: vec![all[0].clone(), all[2].clone()],
                contention: false,
            }
        );
    }

    #[test]
    fn contention_on_a_like_or_on_the_count_asks_for_a_pause_and_settles_nothing() {
        let all = likes(2);
        for (reasons, count) in [
            (vec![Reason::Contention, Reason::None], Reason::None),
            (vec![Reason::None, Reason::None], Reason::Contention),
        ] {
            let sorted = sort_cancelled(all.clone(), reasons, count);
            assert_eq!(sorted, Sorted { remaining: all.clone(), contention: true, ..Sorted::default() });
        }
    }

    #[test]
    fn an_action_that_can_never_be_carried_out_condemns_its_like_alone() {
        let all = likes(2);
        let reasons = vec![Reason::Permanent("too big".into()), Reason::None];
        let sorted = sort_cancelled(all.clone(), reasons, Reason::None);
        assert_eq!(sorted.quarantined, [(all[0].clone(), "too big".into())]);
        assert_eq!(sorted.remaining, [all[1].clone()]);
    }

    #[test]
    fn a_count_that_can_never_be_added_to_condemns_what_is_not_known() {
        let all = likes(2);
        let reasons = vec![Reason::Exists, Reason::None];
        let sorted = sort_cancelled(all.clone(), reasons, Reason::Permanent("likes is a string".into()));
        assert_eq!(sorted.duplicates, [all[0].clone()]);
        assert_eq!(sorted.quarantined, [(all[1].clone(), "likes is a string".into())]);
        assert_eq!(sorted.remaining, []);
    }

    #[test]
    fn a_cancellation_that_tells_nothing_asks_for_a_pause() {
        let all = likes(2);
        let sorted = sort_cancelled(all.clone(), vec![], Reason::None);
        assert_eq!(sorted, Sorted { remaining: all, contention: true, ..Sorted::default() });
    }

    fn reason() -> impl Strategy<Value = Reason> {
        prop_oneof![
            Just(Reason::None),
            Just(Reason::Exists),
            Just(Reason::Contention),
            Just(Reason::Permanent("why".into()))
        ]
    }

    proptest! {
        #[test]
        fn no_like_is_lost_or_doubled_and_only_an_existing_one_is_known(
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
            prop_assert!(sorted.contention || sorted.remaining.len() < number || number == 0);
        }
    }
}
