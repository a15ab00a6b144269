//! What has to be done to a movie so that its count and its ledger entries agree with the archive.
//!
//! Three things hold whatever the pipeline does meanwhile. A like that is added by the ledger's transaction is added
//! once. When each of so many likes is in the ledger, or is so old that no copy of it is left, then none of them can be
//! added any more, so a count below their number is wrong and can be raised to it. And a like that is entered into the
//! ledger alone is never counted by the pipeline, so that is done only when the pipeline will not deliver it any more.

use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use serde::Serialize;

/// How long before the ledger may forget a like its memory is no longer relied upon: the entry may be gone before the
/// work is done, while a copy may still be on the stream.
const ENDING: SignedDuration = SignedDuration::from_hours(24);

/// What it says of a like that the ledger has no entry of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Memory {
    /// It was never entered.
    Sure,
    /// Soon nothing; and it may still be delivered.
    Ending,
    /// Nothing: it may have been forgotten. No copy of it is left to be delivered.
    Over,
}

/// How far the ledger's memory of a like goes.
pub(super) fn memory(like: &LikeEvent, now: Timestamp) -> Memory {
    let soon = now.saturating_add(ENDING).unwrap_or(Timestamp::MAX);
    match like.expires_at() {
        Some(time) if time <= now => Memory::Over,
        Some(time) if time <= soon => Memory::Ending,
        _ => Memory::Sure,
    }
}

/// How a movie stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its distinct likes in the archive that must be counted.
    pub archived: u64,
    /// Besides, those that may be counted or not: they are too young, or the ledger's memory of them is ending.
    pub young: u64,
    /// Of [`Self::archived`], those of which the ledger has no entry though it cannot have forgotten them.
    pub missing: u64,
    /// Of [`Self::missing`], those that may still be on the stream, uncounted.
    pub on_stream: u64,
    /// Its count, read after all that.
    pub counted: u64,
    /// Whether the count has stayed the same since the time at which likes are young.
    pub quiet: bool,
    /// Whether the archive expires likes, so that the count may have more than it holds.
    pub expires: bool,
}

/// What has to be done, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Plan {
    /// How many likes to add by the ledger's transaction: entry and count at once.
    pub add: u64,
    /// How many likes to enter into the ledger alone, because the count has them.
    pub enter: u64,
    /// What to raise the count to, if it is lower then.
    pub raise_to: Option<u64>,
    /// What cannot be done, and why.
    pub left: Option<Left>,
}

/// Why something is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Left {
    /// Likes are coming in, so it is not certain which the count has.
    Moving,
    /// The count is higher than the archive says; what is counted may be missing there.
    TooHigh,
    /// The count seems to have likes that the ledger lacks, but they may still be on the stream, uncounted.
    OnStream,
    /// Likes that the count has expired from the archive, so it is not certain whether it has those that the ledger lacks.
    Expired,
    /// The item in the table is no count.
    Malformed,
    /// Likes could not be written.
    Unwritten,
}

impl Plan {
    /// What has to be done about a movie that stands so.
    pub(super) fn new(standing: Standing) -> Self {
        let Standing { archived, young, missing, on_stream, counted, quiet, expires } = standing;
        // The count lacks as many likes or more, so it has none of those that are missing; or has some, and lacks
        // as many others, which comes to the same number.
        if missing <= archived.saturating_sub(counted) {
            let too_low = counted + missing < archived;
            let left = if too_low && !quiet {
                Some(Left::Moving)
            } else if counted > archived + young && quiet && !expires {
                Some(Left::TooHigh)
            } else {
                None
            };
            return Self { add: missing, enter: 0, raise_to: (too_low && quiet).then_some(archived), left };
        }
        // The count has some of those that are missing, or others that nobody knows of.
        let left = if !quiet {
            Left::Moving
        } else if expires {
            Left::Expired
        } else if on_stream > 0 {
            Left::OnStream
        } else {
            let left = (counted > archived + young).then_some(Left::TooHigh);
            return Self { add: 0, enter: missing, raise_to: (counted < archived).then_some(archived), left };
        };
        Self { left: Some(left), ..Self::default() }
    }

    /// Whether the movie is as it should be.
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    const RIGHT: Standing = Standing {
        archived: 10,
        young: 2,
        missing: 0,
        on_stream: 0,
        counted: 10,
        quiet: true,
        expires: false,
    };
    const NOTHING: Plan = Plan { add: 0, enter: 0, raise_to: None, left: None };

    #[test]
    fn what_is_right_is_left_alone() {
        for (counted, quiet) in [(10, true), (12, true), (10, false), (13, false)] {
            let plan = Plan::new(Standing { counted, quiet, ..RIGHT });
            assert!(plan.is_nothing(), "{counted} {quiet}: {plan:?}");
        }
    }

    #[test]
    fn likes_that_neither_ledger_nor_count_has_are_added_even_while_others_come() {
        for quiet in [true, false] {
            let plan = Plan::new(Standing { missing: 3, counted: 7, quiet, ..RIGHT });
            assert_eq!(plan, Plan { add: 3, ..NOTHING });
        }
    }

    #[test]
    fn likes_that_only_the_ledger_lacks_are_not_counted_again() {
        assert_eq!(Plan::new(Standing { missing: 3, ..RIGHT }), Plan { enter: 3, ..NOTHING });
        let both = Plan::new(Standing { missing: 3, counted: 8, ..RIGHT });
        assert_eq!(both, Plan { enter: 3, raise_to: Some(10), ..NOTHING });
    }

    #[test]
    fn a_like_that_may_still_be_delivered_is_never_entered_alone() {
        let lagging = Standing { archived: 12, missing: 2, on_stream: 1, counted: 12, ..RIGHT };
        assert_eq!(Plan::new(lagging), Plan { left: Some(Left::OnStream), ..NOTHING });
        let too_low = Plan::new(Standing { counted: 11, ..lagging });
        assert_eq!(too_low, Plan { left: Some(Left::OnStream), ..NOTHING });
        let uncounted = Plan::new(Standing { counted: 10, ..lagging });
        assert_eq!(uncounted, Plan { add: 2, ..NOTHING }, "by transaction it may");
    }

    #[test]
    fn an_archive_that_expires_is_the_least_that_a_count_must_be() {
        let expires = Standing { expires: true, ..RIGHT };
        assert!(Plan::new(Standing { counted: 99, ..expires }).is_nothing());
        assert_eq!(Plan::new(Standing { counted: 7, ..expires }), Plan { raise_to: Some(10), ..NOTHING });
        assert_eq!(Plan::new(Standing { missing: 3, counted: 7, ..expires }), Plan { add: 3, ..NOTHING });
        let unknown = Plan::new(Standing { missing: 3, counted: 99, ..expires });
        assert_eq!(unknown, Plan { left: Some(Left::Expired), ..NOTHING });
    }

    #[test]
    fn a_count_that_lacks_likes_of_the_ledger_is_raised() {
        let plan = Plan::new(Standing { counted: 7, ..RIGHT });
        assert_eq!(plan, Plan { raise_to: Some(10), ..NOTHING });
        let lost = Plan::new(Standing { counted: 0, missing: 4, ..RIGHT });
        assert_eq!(lost, Plan { add: 4, raise_to: Some(10), ..NOTHING });
    }

    #[test]
    fn what_cannot_be_told_while_likes_come_is_left() {
        for (missing, counted) in [(3, 8), (0, 9)] {
            let plan = Plan::new(Standing { missing, counted, quiet: false, ..RIGHT });
            assert_eq!(plan, Plan { left: Some(Left::Moving), ..NOTHING });
        }
        let some = Plan::new(Standing { missing: 3, counted: 6, quiet: false, ..RIGHT });
        assert_eq!(some, Plan { add: 3, left: Some(Left::Moving), ..NOTHING });
    }

    #[test]
    fn a_count_is_never_lowered() {
        let plan = Plan::new(Standing { counted: 13, ..RIGHT });
        assert_eq!(plan, Plan { left: Some(Left::TooHigh), ..NOTHING });
    }

    #[test]
    fn memory_is_sure_until_a_day_before_it_ends_and_users_likes_are_never_forgotten() {
        let now = Timestamp::now();
        let clicked =
            |hours: i64| LikeEvent::new(LikeId::new(now - hours.hours()), "m".parse().unwrap(), None);
        assert_eq!(memory(&clicked(29 * 24 - 1), now), Memory::Sure);
        assert_eq!(memory(&clicked(29 * 24 + 1), now), Memory::Ending);
        assert_eq!(memory(&clicked(30 * 24 - 1), now), Memory::Ending);
        assert_eq!(memory(&clicked(30 * 24 + 1), now), Memory::Over);
        let users = LikeEvent { user_id: Some("u".parse().unwrap()), ..clicked(1000 * 24) };
        assert_eq!(memory(&users, now), Memory::Sure);
    }

    /// A like in the archive.
    #[derive(Debug, Clone, Copy)]
    struct Archived {
        young: bool,
        counted: bool,
        entered: bool,
        copies: Copies,
    }

    /// Where copies of a like may be.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Copies {
        OnStream,
        Gone,
    }

    impl Archived {
        /// Whether it is still to be delivered, so that the pipeline counts it unless it has an entry then.
        fn is_lagging(self) -> bool {
            !self.young && self.copies == Copies::OnStream && !self.counted && !self.entered
        }
    }

    fn archived() -> impl Strategy<Value = Archived> {
        let copies = prop_oneof![Just(Copies::OnStream), Just(Copies::Gone)];
        (any::<[bool; 3]>(), copies).prop_map(|([young, counted, entered], copies)| Archived {
            young,
            counted,
            entered,
            copies,
        })
    }

    proptest! {
        /// Whatever was done to the tables: no count ends above the distinct likes, every like is in the ledger in the
        /// end, a quiet count has all of them, and what the pipeline still has to count is counted.
        #[test]
        fn a_plan_repairs_and_never_adds_twice_nor_skips_a_like(
            likes in proptest::collection::vec(archived(), 0..12),
            lowered in 0..4_u64,
            unarchived in 0..4_u64,
            forgotten in 0..4_u64,
            quiet: bool,
        ) {
            let number = |wanted: &dyn Fn(&Archived) -> bool| {
                u64::try_from(likes.iter().filter(|like| wanted(like)).count()).unwrap()
            };
            // A young like is the pipeline's own affair: it is counted and in the ledger, or neither.
            let young_counted = number(&|like| like.young && like.counted);
            let archived = number(&|like| !like.young);
            let missing = number(&|like| !like.young && !like.entered);
            let on_stream = number(&|like| !like.young && !like.entered && like.copies == Copies::OnStream);
            let lagging = number(&|like| like.is_lagging());
            // Likes that are counted and not in the archive: not yet, or not any more.
            let unarchived = if quiet { 0 } else { unarchived };
            let beyond = unarchived + forgotten;
            let counted = number(&|like| like.counted && !like.young) + young_counted + beyond;
            let counted = counted.saturating_sub(lowered);
            let young = number(&|like| like.young);
            let expires = forgotten > 0;

            let standing = Standing { archived, young, missing, on_stream, counted, quiet, expires };
            let plan = Plan::new(standing);
            let repaired = (counted + plan.add).max(plan.raise_to.unwrap_or(0));
            let entered = plan.add + plan.enter;
            prop_assert!(entered == 0 || entered == missing);
            prop_assert!(plan.enter == 0 || lagging == 0, "a like that lags is skipped: {:?}", plan);
            // What has no entry yet is counted when it is delivered.
            let after = repaired + if entered == 0 { lagging } else { 0 };
            prop_assert!(after <= archived + young_counted + beyond, "{:?}", plan);
            if plan.left.is_none() {
                prop_assert!(repaired >= archived);
                prop_assert_eq!(entered, missing);
            }
            let known = on_stream == 0 && forgotten == 0;
            prop_assert!(!quiet || !known || plan.left.is_none());
        }
    }
}
