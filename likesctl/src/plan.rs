//! What has to be done to a movie so that its count and its ledger entries agree with the archive.
//!
//! Two things hold whatever the pipeline does meanwhile. A like that is added by the ledger's transaction is added
//! once. And when each of so many likes is in the ledger, or is so old that no copy of it is left, then none of them
//! can be added any more, so a count below their number is wrong and can be raised to it.

use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use serde::Serialize;

/// How long before the ledger may forget a like its memory is no longer relied upon: the entry may be gone before the
/// work is done, while a copy may still be on the stream.
const ENDING: SignedDuration = SignedDuration::from_hours(24);

/// What it says of a like that the ledger has no entry of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Memory {
    /// It was never entered.
    Sure,
    /// Soon nothing; and it may still be delivered.
    Ending,
    /// Nothing: it may have been forgotten. No copy of it is left to be delivered.
    Over,
}

/// How far the ledger's memory of a like goes.
pub(crate) fn memory(like: &LikeEvent, now: Timestamp) -> Memory {
    let soon = now.saturating_add(ENDING).unwrap_or(Timestamp::MAX);
    match like.expires_at() {
        Some(time) if time <= now => Memory::Over,
        Some(time) if time <= soon => Memory::Ending,
        _ => Memory::Sure,
    }
}

/// How a movie stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Its distinct likes in the archive that must be counted.
    pub archived: u64,
    /// Besides, those that may be counted or not: they are too young, or the ledger's memory of them is ending.
    pub young: u64,
    /// Of [`Self::archived`], those of which the ledger has no entry though it cannot have forgotten them.
    pub missing: u64,
    /// Its count, read after all that.
    pub counted: u64,
    /// Whether the count has stayed the same since the time at which likes are young.
    pub quiet: bool,
}

/// What has to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Plan {
    /// How many likes to add by the ledger's transaction: entry and count at once.
    pub add: u64,
    /// How many likes to enter into the ledger alone, because the count has them.
    pub remember: u64,
    /// What to raise the count to, if it is lower then.
    pub raise_to: Option<u64>,
    /// What cannot be done, and why.
    pub left: Option<Left>,
}

/// Why something is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Left {
    /// The movie is being liked, so it cannot be told which likes the count has.
    Moving,
    /// The count is higher than the archive says; what is counted may be missing there.
    TooHigh,
    /// Likes could not be written.
    Unwritten,
}

impl Plan {
    /// What has to be done about a movie that stands so.
    pub(crate) fn new(standing: Standing) -> Self {
        let Standing { archived, young, missing, counted, quiet } = standing;
        // The count lacks as many likes or more, so it has none of those that are missing; or has some, and lacks
        // as many others, which comes to the same number.
        let uncounted = missing <= archived.saturating_sub(counted);
        let (add, remember) = match (uncounted, quiet) {
            (true, _) => (missing, 0),
            (false, true) => (0, missing),
            (false, false) => (0, 0),
        };
        let too_low = counted + add < archived;
        let left = if (too_low || !uncounted) && !quiet {
            Some(Left::Moving)
        } else if counted > archived + young && quiet {
            Some(Left::TooHigh)
        } else {
            None
        };
        Self { add, remember, raise_to: (too_low && quiet).then_some(archived), left }
    }

    /// Whether the movie is as it should be.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self { add: 0, remember: 0, raise_to: None, left: None }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    const RIGHT: Standing = Standing { archived: 10, young: 2, missing: 0, counted: 10, quiet: true };
    const NOTHING: Plan = Plan { add: 0, remember: 0, raise_to: None, left: None };

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
        assert_eq!(Plan::new(Standing { missing: 3, ..RIGHT }), Plan { remember: 3, ..NOTHING });
        let both = Plan::new(Standing { missing: 3, counted: 8, ..RIGHT });
        assert_eq!(both, Plan { remember: 3, raise_to: Some(10), ..NOTHING });
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

    /// A like in the archive: whether it is young, counted, and in the ledger.
    type Archived = (bool, bool, bool);

    proptest! {
        /// Whatever was done to the tables: no count is raised above the distinct likes, every like is in the
        /// ledger in the end, and a quiet count has all of them.
        #[test]
        fn a_plan_repairs_and_never_adds_twice(
            likes in proptest::collection::vec(any::<Archived>(), 0..12),
            lowered in 0..4_u64,
            unarchived in 0..4_u64,
            quiet: bool,
        ) {
            let number = |wanted: &dyn Fn(&Archived) -> bool| {
                u64::try_from(likes.iter().filter(|like| wanted(like)).count()).unwrap()
            };
            // A young like is the pipeline's own affair: it is counted and in the ledger, or neither.
            let young_counted = number(&|&(young, counted, _)| young && counted);
            let archived = number(&|&(young, ..)| !young);
            let missing = number(&|&(young, _, entered)| !young && !entered);
            let unarchived = if quiet { 0 } else { unarchived };
            let counted = number(&|&(young, counted, _)| counted && !young) + young_counted + unarchived;
            let counted = counted.saturating_sub(lowered);
            let young = number(&|&(young, ..)| young);

            let plan = Plan::new(Standing { archived, young, missing, counted, quiet });
            let after = (counted + plan.add).max(plan.raise_to.unwrap_or(0));
            prop_assert!(after <= archived + young_counted + unarchived);
            if plan.left != Some(Left::Moving) {
                prop_assert!(after >= archived);
                prop_assert_eq!(plan.add + plan.remember, missing);
            }
            prop_assert!(!quiet || plan.left.is_none());
        }
    }
}
