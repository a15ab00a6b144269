//! A like's identity: a `UUIDv7`, which carries the time of the click.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::{Uuid, Variant, Version};

/// The identity of one like: the same on every copy and every retry of it.
///
/// Prints in lower case with hyphens; parses in either case.
///
/// ```
/// use like::{InvalidLikeId, LikeId};
///
/// let id: LikeId = "01A206C6-78FB-7CC3-98C4-DC0C0C07398F".parse()?;
/// assert_eq!(id.to_string(), "01a206c6-78fb-7cc3-98c4-dc0c0c07398f");
/// assert_eq!(id.time().to_string(), "2026-11-23T05:00:00.123Z");
///
/// let version_4 = "01a206c6-78fb-4cc3-98c4-dc0c0c07398f";
/// assert_eq!(version_4.parse::<LikeId>(), Err(InvalidLikeId));
/// # Ok::<(), InvalidLikeId>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LikeId(Uuid);

/// The string is not a hyphenated `UUIDv7`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a UUIDv7 of 36 characters, such as 0193555a-7d2e-7cc3-98c4-dc0c0c07398f")]
pub struct InvalidLikeId;

/// The like's time is too far from now for the like to be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OutsideAcceptance {
    /// The like is older than [`LikeId::MAX_AGE`].
    #[error("is more than 24 hours old")]
    TooOld,
    /// The like is more than [`LikeId::MAX_AHEAD`] in the future.
    #[error("is more than 5 minutes in the future")]
    TooFarAhead,
}

impl LikeId {
    /// The age up to which a like is accepted. A ledger entry must outlive every copy of its like, so clients cannot
    /// retry forever.
    pub const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
    /// How far a client's clock may be ahead.
    pub const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(5);

    /// Creates the identity of a like clicked at `now`. Two calls never return the same one.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let since_epoch = now.duration_since(Timestamp::UNIX_EPOCH);
        let seconds = u64::try_from(since_epoch.as_secs()).unwrap_or_default();
        let nanoseconds = u32::try_from(since_epoch.subsec_nanos()).unwrap_or_default();
        Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds)))
    }

    /// The time of the click, to the millisecond, by the clock of the machine that created the id.
    #[must_use]
    pub fn time(self) -> Timestamp {
        // The first 48 bits are milliseconds since the epoch: RFC 9562, section 5.7.
        let milliseconds = i64::try_from(self.0.as_u128() >> 80).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
    }

    /// Checks that a like may be accepted at `now`.
    ///
    /// ```
    /// use jiff::ToSpan;
    /// use like::{LikeId, OutsideAcceptance};
    ///
    /// let id: LikeId = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
    /// assert_eq!(id.check_acceptance(id.time() + 24.hours()), Ok(()));
    /// assert_eq!(id.check_acceptance(id.time() + 25.hours()), Err(OutsideAcceptance::TooOld));
    /// assert_eq!(id.check_acceptance(id.time() - 6.minutes()), Err(OutsideAcceptance::TooFarAhead));
    /// # Ok::<(), like::InvalidLikeId>(())
    /// ```
    ///
    /// # Errors
    /// [`OutsideAcceptance`] if its time is not between [`Self::MAX_AGE`] before and [`Self::MAX_AHEAD`] after `now`.
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
        // `Uuid` would also parse braces, no hyphens and URNs.
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
    fn two_likes_in_one_millisecond_differ() {
        let (one, time) = clicked();
        assert_ne!(one, LikeId::new(time));
    }

    #[test]
    fn parses_in_either_case_and_prints_in_lower_case() {
        let id: LikeId = "0193555A-7D2E-7CC3-98C4-DC0C0C07398F".parse().unwrap();
        assert_eq!(id.to_string(), "0193555a-7d2e-7cc3-98c4-dc0c0c07398f");
    }

    #[test]
    fn only_a_hyphenated_version_7_uuid_of_the_standard_variant_is_an_id() {
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
    fn the_latest_time_a_uuid_can_carry_is_rejected_without_a_panic() {
        let id: LikeId = "ffffffff-ffff-7fff-bfff-ffffffffffff".parse().unwrap();
        assert_eq!(id.check_acceptance(CLICKED.parse().unwrap()), Err(OutsideAcceptance::TooFarAhead));
    }
}
