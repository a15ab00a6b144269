//! The likes of a quarantined record, if it can be redriven.

use jiff::{SignedDuration, Timestamp};
use like::{DecodeError, LikeEvent};
use quarantine::QuarantinedRecord;
use thiserror::Error;

use super::{not_redrivable::NotRedrivable, repair::Repair};

/// Why bytes are not likes that can be redriven.
#[derive(Debug, Error)]
pub(super) enum NotLikes {
    #[error(transparent)]
    NotAnEvent(#[from] DecodeError),
    #[error("there is no line in it")]
    Empty,
    #[error("a like is so old that its ledger entry could expire while copies of it are on the stream")]
    TooOld,
}

/// Whether a like is so old that its ledger entry could expire while copies of it are on a stream with this retention. Such
/// a like must not be put there `now`: it could be counted twice.
pub(super) fn is_too_old(like: &LikeEvent, retention: SignedDuration, now: Timestamp) -> bool {
    let gone_by = now.saturating_add(retention).unwrap_or(Timestamp::MAX);
    like.expires_at().is_some_and(|expiry| expiry <= gone_by)
}

/// The likes of a quarantined record, or of its repair, that are to go on a stream with this retention.
pub(super) async fn likes(
    record: &QuarantinedRecord,
    repair: Option<Repair<'_>>,
    retention: SignedDuration,
) -> Result<Vec<LikeEvent>, NotRedrivable> {
    let bytes = record.bytes()?;
    match repair {
        Some(repair) => {
            let repaired = repair.run(&bytes).await?;
            read_likes(&repaired, retention, Timestamp::now()).map_err(NotRedrivable::NotRepaired)
        }
        None => read_likes(&bytes, retention, Timestamp::now()).map_err(NotRedrivable::NotLikes),
    }
}

/// Reads the likes of a record that is to go on a stream with this retention: each of its lines must be one.
fn read_likes(bytes: &[u8], retention: SignedDuration, now: Timestamp) -> Result<Vec<LikeEvent>, NotLikes> {
    let likes = LikeEvent::decode_lines(bytes).map(|line| {
        let event = line?;
        if is_too_old(&event, retention, now) { Err(NotLikes::TooOld) } else { Ok(event) }
    });
    let likes = likes.collect::<Result<Vec<_>, _>>()?;
    if likes.is_empty() { Err(NotLikes::Empty) } else { Ok(likes) }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use like::LikeId;
    use quarantine::Source;

    use super::*;

    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

    fn record(data: &[u8]) -> QuarantinedRecord {
        let source =
            Source { stream_arn: None, shard_id: "s", sequence_number: "1", partition_key: "k", data };
        QuarantinedRecord::new(source, "why")
    }

    /// Why a record cannot be redriven, with this repair.
    async fn why(record: &QuarantinedRecord, command: Option<&str>) -> String {
        let repair = command.map(|command| Repair { command, timeout: SignedDuration::from_secs(30) });
        likes(record, repair, WEEK).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_record_is_redriven_if_it_or_its_repair_is_a_like() {
        let like = LikeEvent::new(LikeId::new(Timestamp::now()), "m".parse().unwrap(), None);
        let bytes = like.encode().unwrap();
        let expected = vec![like];
        assert_eq!(likes(&record(&bytes), None, WEEK).await.unwrap(), expected);
        let broken = [b"#", bytes.as_slice()].concat();
        assert!(why(&record(&broken), None).await.starts_with("it is still not a like: not an event"));
        let repair = Repair { command: "tr -d '#'", timeout: SignedDuration::from_secs(30) };
        assert_eq!(likes(&record(&broken), Some(repair), WEEK).await.unwrap(), expected);
    }

    #[tokio::test]
    async fn a_repair_that_fails_or_prints_no_like_says_so() {
        let junk = record(b"junk");
        assert_eq!(why(&junk, Some("exit 1")).await, "the repair command failed (exit status: 1)");
        assert_eq!(
            why(&junk, Some("cat")).await,
            "the output of the repair command is not a like: not an event: expected value at line 1 column 1"
        );
        assert_eq!(
            why(&junk, Some("true")).await,
            "the output of the repair command is not a like: there is no line in it"
        );
    }

    #[tokio::test]
    async fn a_message_that_does_not_hold_the_whole_record_cannot_be_redriven() {
        let large = record(&vec![b'x'; 200_000]);
        assert!(why(&large, None).await.starts_with("only the first 131072 bytes of the record were kept"));
    }

    #[test]
    fn a_like_is_redriven_while_the_ledger_outlives_its_copies() {
        let now = Timestamp::now();
        let bytes = |event: LikeEvent| event.encode().unwrap();
        let clicked = |days: i64, user: Option<&str>| {
            let id = LikeId::new(now - (days * 24).hours());
            LikeEvent::new(id, "m".parse().unwrap(), user.map(|user| user.parse().unwrap()))
        };
        assert!(read_likes(&bytes(clicked(22, None)), WEEK, now).is_ok());
        assert!(matches!(read_likes(&bytes(clicked(23, None)), WEEK, now), Err(NotLikes::TooOld)));
        assert!(read_likes(&bytes(clicked(100, Some("u"))), WEEK, now).is_ok());
        assert!(matches!(read_likes(b"garbage", WEEK, now), Err(NotLikes::NotAnEvent(_))));
    }

    #[test]
    fn a_record_is_redriven_when_each_of_its_lines_is_a_like() {
        let now = Timestamp::now();
        let like = |movie: &str| LikeEvent::new(LikeId::new(now), movie.parse().unwrap(), None);
        let (a, b) = (like("a"), like("b"));
        let both = [a.encode().unwrap(), b.encode().unwrap()].concat();
        assert_eq!(read_likes(&both, WEEK, now).unwrap(), [a, b]);
        let mixed = [both.as_slice(), b"junk\n"].concat();
        assert!(matches!(read_likes(&mixed, WEEK, now), Err(NotLikes::NotAnEvent(_))));
        assert!(matches!(read_likes(b"\n", WEEK, now), Err(NotLikes::Empty)));
    }
}
