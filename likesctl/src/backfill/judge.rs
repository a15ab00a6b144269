//! Does the archive lack a like that the ledger has?

use jiff::{SignedDuration, Timestamp};
use like::{LikeEvent, LikeId};
use tally::Tally;

/// How a like of the ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The archive has it.
    Archived,
    /// The archive should have it and does not.
    Missing,
    /// It may be on its way to the archive.
    Young,
    /// The archive may have had it, in an object that has expired.
    Expired,
}

/// What likes are judged by.
#[derive(Debug)]
pub(super) struct Judge {
    pub archive: Tally,
    /// Likes clicked later may not be archived yet.
    pub settled: Timestamp,
    /// Likes clicked by then may have been archived in an object that has expired.
    pub expired: Timestamp,
}

impl Judge {
    pub(super) fn standing(&self, like: &LikeEvent) -> Standing {
        if self.archive.contains(like) {
            Standing::Archived
        } else if like.liked_at() > self.settled {
            Standing::Young
        } else if like.liked_at() <= self.expired {
            Standing::Expired
        } else {
            Standing::Missing
        }
    }
}

/// The click of the youngest like whose object may have expired when the archive was listed, if objects expire after so
/// many days; 0 for never.
///
/// S3 deletes no object [before that age][expiration]. A client's clock may be ahead, so that a like was archived before
/// the time of its click.
///
/// [expiration]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html#intro-lifecycle-rules-number-of-days
pub(super) fn expired(listed: Timestamp, expire_after_days: u32) -> Timestamp {
    if expire_after_days == 0 {
        return Timestamp::MIN;
    }
    let age = SignedDuration::from_hours(i64::from(expire_after_days) * 24);
    listed
        .saturating_sub(age)
        .and_then(|time| time.saturating_add(LikeId::MAX_AHEAD))
        .unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use archive::Line;
    use jiff::ToSpan;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    /// A like clicked so many seconds before now.
    fn clicked(seconds_ago: i64) -> LikeEvent {
        LikeEvent::new(LikeId::new(now() - seconds_ago.seconds()), "m".parse().unwrap(), None)
    }

    fn judge(expire_after_days: u32) -> Judge {
        Judge {
            archive: Tally::new(Timestamp::MAX, Timestamp::MAX),
            settled: now() - 60.seconds(),
            expired: expired(now(), expire_after_days),
        }
    }

    #[test]
    fn a_like_is_missing_if_it_is_neither_archived_nor_young() {
        let mut judge = judge(0);
        let [old, archived] = [clicked(60), clicked(60)];
        judge.archive.add(&Line { like: Some(archived.clone()), written: 0 });
        assert_eq!(judge.standing(&old), Standing::Missing);
        assert_eq!(judge.standing(&archived), Standing::Archived);
        assert_eq!(judge.standing(&clicked(59)), Standing::Young);
        assert_eq!(judge.standing(&clicked(10 * 365 * 24 * 3600)), Standing::Missing, "nothing expires");
    }

    #[test]
    fn a_like_whose_object_may_have_expired_is_not_missing() {
        let days = 30 * 24 * 3600;
        // Archived up to five minutes before the time of its click.
        assert_eq!(judge(30).standing(&clicked(days - 300)), Standing::Expired);
        assert_eq!(judge(30).standing(&clicked(days - 301)), Standing::Missing);
        assert_eq!(judge(30).standing(&clicked(2 * days)), Standing::Expired);
        assert_eq!(judge(u32::MAX).standing(&clicked(2 * days)), Standing::Missing);
    }
}
