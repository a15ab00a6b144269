//! A like's identity: a `UUIDv7`, which carries the time of the click.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::{Uuid, Variant, Version};

/// The identity of one like: the same on every copy and every retry of it.
///
/// Written in lower case with hyphens; read in either case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LikeId(Uuid);

/// The string is not a `UUIDv7` in its hyphenated form.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a UUIDv7 of 36 characters, such as 0193555a-7d2e-7cc3-98c4-dc0c0c07398f")]
pub struct InvalidLikeId;

/// A like whose time is too far from now to be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutsideAcceptance {
    /// Made more than [`LikeId::MAX_AGE`] ago.
    #[error("has a time more than 24 hours ago")]
    TooOld,
    /// Made more than [`LikeId::MAX_AHEAD`] from now.
    #[error("has a time more than 5 minutes ahead")]
    TooFarAhead,
}

impl LikeId {
    /// The age up to which a like is accepted. A ledger entry must outlive every copy of its like,
    /// so a client cannot be allowed to retry for ever.
    pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
    /// How far a client's clock may run ahead.
    pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

    /// Makes the identity of a like clicked at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let since_epoch = now.duration_since(Timestamp::UNIX_EPOCH);
        let seconds = u64::try_from(since_epoch.as_secs()).unwrap_or_default();
        let nanoseconds = u32::try_from(since_epoch.subsec_nanos()).unwrap_or_default();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds)))
    }

    /// The time of the click, to the millisecond, by the clock of whoever made the id.
    #[must_use]
    pub fn time(self) -> Timestamp {
        // The first 48 bits are milliseconds since the epoch: RFC 9562, section 5.7.
        let milliseconds = i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }

    /// Says whether a like may be accepted at `now`.
    ///
    /// # Errors
    /// [`OutsideAcceptance`] if its time is not between [`Self::MAX_AGE`] ago and
    /// [`Self::MAX_AHEAD`] from now.
    pub fn check_acceptance(self, now: Timestamp) -> Result<(), OutsideAcceptance> {
        let age = now.duration_since(self.time());
        if age > Self::MAX_AGE {
            Err(OutsideAcceptance::TooOld)
        } else if age < -Self::MAX_AHEAD {
            Err(OutsideAcceptance::TooFarAhead)
        } else {
            Ok(())
        }
    }
}

impl FromStr for LikeId {
    type Err = InvalidLikeId;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        // `Uuid` would also read forms with braces, without hyphens and as a URN.
        if value.len() != uuid::fmt::Hyphenated::LENGTH {
            return Err(InvalidLikeId);
        }
        let id = Uuid::try_parse(value).map_err(|_| InvalidLikeId)?;
        if id.get_version() != Some(Version::SortRand) || id.get_variant() != Variant::RFC4122 {
            return Err(InvalidLikeId);
        }
        Ok(Self(id))
    }
}

impl TryFrom<String> for LikeId {
    type Error = InvalidLikeId;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        value.parse()
    }
}

impl From<LikeId> for String {
    fn from(id: LikeId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for LikeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    const CLICKED: &str = "2026-11-23T05:00:00.123Z";

    fn clicked() -> (LikeId, Timestamp) {
        let time = CLICKED.parse().unwrap();
        (LikeId::new(time), time)
    }

    #[test]
    fn carries_the_time_of_the_click_to_the_millisecond() {
        let (id, time) = clicked();
        assert_eq!(id.time(), time);
    }

    #[test]
    fn two_likes_of_one_millisecond_differ() {
        let (one, time) = clicked();
        assert_ne!(one, LikeId::new(time));
    }

    #[test]
    fn is_read_in_either_case_and_written_in_lower_case() {
        let id: LikeId = "0193555A-7D2E-7CC3-98C4-DC0C0C07398F".parse().unwrap();
        assert_eq!(id.to_string(), "0193555a-7d2e-7cc3-98c4-dc0c0c07398f");
    }

    #[test]
    fn only_a_hyphenated_version_7_of_the_standard_variant_is_one() {
        for bad in [
            "",
            "0193555a-7d2e-7cc3-98c4",
            "0193555a7d2e7cc398c4dc0c0c07398f",
            "{0193555a-7d2e-7cc3-98c4-dc0c0c07398f}",
            "urn:uuid:0193555a-7d2e-7cc3-98c4-dc0c0c07398f",
            "0193555a-7d2e-4cc3-98c4-dc0c0c07398f",
            "0193555a-7d2e-7cc3-18c4-dc0c0c07398f",
            "0193555a-7d2e-7cc3-98c4-dc0c0c07398g",
        ] {
            assert_eq!(bad.parse::<LikeId>(), Err(InvalidLikeId), "{bad}");
        }
    }

    #[test]
    fn is_accepted_for_24_hours() {
        let (id, time) = clicked();
        let day_later = time + 24.hours();
        assert_eq!(id.check_acceptance(day_later), Ok(()));
        assert_eq!(id.check_acceptance(day_later + 1.millisecond()), Err(OutsideAcceptance::TooOld));
    }

    #[test]
    fn may_be_5_minutes_ahead() {
        let (id, time) = clicked();
        let before = time - 5.minutes();
        assert_eq!(id.check_acceptance(before), Ok(()));
        assert_eq!(id.check_acceptance(before - 1.millisecond()), Err(OutsideAcceptance::TooFarAhead));
    }

    #[test]
    fn the_latest_time_a_uuid_can_carry_is_refused_not_a_panic() {
        let id: LikeId = "ffffffff-ffff-7fff-bfff-ffffffffffff".parse().unwrap();
        assert_eq!(id.check_acceptance(CLICKED.parse().unwrap()), Err(OutsideAcceptance::TooFarAhead));
    }
}
