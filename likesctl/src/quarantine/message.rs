//! What the quarantine's messages say.

use jiff::{SignedDuration, Timestamp};
use like::{DecodeError, LikeEvent};
use quarantine::{DataError, QuarantinedRecord};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

/// A message of the quarantine queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Message {
    /// A record that can never be counted as it is, from `UpdateCount`.
    Record(QuarantinedRecord),
    /// Where records were that left the stream uncounted, from Lambda. It does not hold them; the archive does. See
    /// <https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html>.
    Expired {
        /// The shard and the sequence numbers.
        #[serde(rename = "KinesisBatchInfo")]
        batch: Value,
    },
    /// Neither.
    Other(Value),
}

/// Why a record cannot be redriven.
#[derive(Debug, Error)]
pub(crate) enum NotALike {
    #[error("the message does not hold a record")]
    NoRecord,
    #[error(transparent)]
    Data(#[from] DataError),
    #[error("still {0}")]
    NotAnEvent(#[from] DecodeError),
    #[error("the record is empty")]
    Empty,
    #[error("the like is so old that its ledger entry could expire while copies of it are on the stream")]
    TooOld,
}

impl Message {
    /// Reads a message's body.
    pub(crate) fn read(body: &str) -> Self {
        serde_json::from_str(body).unwrap_or_else(|_| Self::Other(Value::String(body.to_owned())))
    }

    /// Why the message is there.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Record(record) => &record.reason,
            Self::Expired { .. } => "left the stream uncounted",
            Self::Other(_) => "not a message of the quarantine",
        }
    }

    /// The raw bytes of the record that it holds.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, NotALike> {
        let Self::Record(record) = self else { return Err(NotALike::NoRecord) };
        Ok(record.bytes()?)
    }
}

/// Reads the likes of a record that is to go back on a stream with this retention: each of its lines must be one.
pub(crate) fn read_likes(
    bytes: &[u8],
    retention: SignedDuration,
    now: Timestamp,
) -> Result<Vec<LikeEvent>, NotALike> {
    let gone_by = now.saturating_add(retention).unwrap_or(Timestamp::MAX);
    let likes = LikeEvent::decode_lines(bytes).map(|line| {
        let event = line?;
        match event.expires_at() {
            Some(forgotten) if forgotten <= gone_by => Err(NotALike::TooOld),
            _ => Ok(event),
        }
    });
    let likes = likes.collect::<Result<Vec<_>, _>>()?;
    if likes.is_empty() { Err(NotALike::Empty) } else { Ok(likes) }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use jiff::ToSpan;
    use like::LikeId;

    use super::*;

    const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

    fn record(data: &[u8], length: usize) -> Message {
        Message::read(&format!(
            r#"{{"reason":"not an event","streamArn":"arn","shardId":"s","sequenceNumber":"1","partitionKey":"k","length":{length},"data":"{}"}}"#,
            STANDARD.encode(data)
        ))
    }

    #[test]
    fn a_record_is_read_with_its_reason_and_its_bytes() {
        let message = record(b"\xff\0", 2);
        assert_eq!(message.reason(), "not an event");
        assert_eq!(message.bytes().unwrap(), b"\xff\0");
    }

    #[test]
    fn a_record_of_which_only_the_start_was_kept_has_no_bytes_to_put_back() {
        assert!(matches!(record(b"\xff\0", 3).bytes(), Err(NotALike::Data(DataError::Truncated(2)))));
    }

    #[test]
    fn lambdas_own_message_is_told_apart() {
        let message = Message::read(
            r#"{"requestContext":{"condition":"RetryAttemptsExhausted"},"version":"1.0","KinesisBatchInfo":{"shardId":"s"}}"#,
        );
        assert_eq!(message.reason(), "left the stream uncounted");
        assert!(matches!(message.bytes(), Err(NotALike::NoRecord)));
    }

    #[test]
    fn anything_else_is_shown_as_it_is() {
        for body in ["hello", r#"{"a":1}"#] {
            let message = Message::read(body);
            assert_eq!(message.reason(), "not a message of the quarantine");
            assert!(matches!(message.bytes(), Err(NotALike::NoRecord)));
        }
    }

    #[test]
    fn a_like_goes_back_while_the_ledger_outlives_its_copies() {
        let now = Timestamp::now();
        let bytes = |event: LikeEvent| event.encode().unwrap();
        let clicked = |days: i64, user: Option<&str>| {
            let id = LikeId::new(now - (days * 24).hours());
            LikeEvent::new(id, "m".parse().unwrap(), user.map(|user| user.parse().unwrap()))
        };
        assert!(read_likes(&bytes(clicked(22, None)), WEEK, now).is_ok());
        assert!(matches!(read_likes(&bytes(clicked(23, None)), WEEK, now), Err(NotALike::TooOld)));
        assert!(read_likes(&bytes(clicked(100, Some("u"))), WEEK, now).is_ok());
        assert!(matches!(read_likes(b"garbage", WEEK, now), Err(NotALike::NotAnEvent(_))));
    }

    #[test]
    fn a_record_goes_back_when_each_of_its_lines_is_a_like() {
        let now = Timestamp::now();
        let like = |movie: &str| LikeEvent::new(LikeId::new(now), movie.parse().unwrap(), None);
        let (a, b) = (like("a"), like("b"));
        let both = [a.encode().unwrap(), b.encode().unwrap()].concat();
        assert_eq!(read_likes(&both, WEEK, now).unwrap(), [a, b]);
        let mixed = [both.as_slice(), b"junk\n"].concat();
        assert!(matches!(read_likes(&mixed, WEEK, now), Err(NotALike::NotAnEvent(_))));
        assert!(matches!(read_likes(b"\n", WEEK, now), Err(NotALike::Empty)));
    }
}
