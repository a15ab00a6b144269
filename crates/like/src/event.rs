//! The event: one JSON object and a newline, on the stream and in the archive.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::{LikeId, LikeKey, MovieId, Traceparent, UserId};

/// The version of the format that this code writes and reads.
const VERSION: u32 = 1;

/// One like, as it is published to the stream.
///
/// Its key depends on the like alone, so every retry of a like has the same one. Retries encode to the same bytes except
/// for [`Self::traceparent`]: each request that is traced has a trace of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikeEvent {
    /// The like's identity.
    pub like_id: LikeId,
    /// The liked movie.
    pub movie_id: MovieId,
    /// The user who liked it, if the like names one.
    pub user_id: Option<UserId>,
    /// The trace of the request that published it, if that is traced. It says nothing about the like.
    pub traceparent: Option<Traceparent>,
}

/// The JSON object that is encoded.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Encoded<'a> {
    version: u32,
    like_id: LikeId,
    movie_id: &'a MovieId,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    /// For readers of the archive. It repeats the time in the id, so decoding ignores it.
    #[serde(serialize_with = "with_milliseconds")]
    liked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<Traceparent>,
}

/// The JSON object that is read. A version other than [`VERSION`] may have the same fields.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decoded {
    version: u32,
    like_id: LikeId,
    movie_id: MovieId,
    user_id: Option<UserId>,
}

/// What every version has in common.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why bytes are not an event. They never will be, so a retry is useless.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Not JSON, or not an object with a `version`.
    #[error("not an event: {0}")]
    NotAnEvent(#[source] serde_json::Error),
    /// A version that this code does not know.
    #[error("unknown version {0}")]
    UnknownVersion(u32),
    /// A known version with a missing, malformed or duplicate field.
    #[error("not an event of version 1: {0}")]
    Malformed(#[source] serde_json::Error),
}

impl LikeEvent {
    /// How long the ledger keeps the entry of a like without a user, from [`Self::liked_at`].
    ///
    /// No copy of a like lives that long: it is accepted for 24 hours, then spends at most 14 days on the stream and 14
    /// in quarantine. That leaves a day to spare.
    pub const LEDGER_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// The event of a like that the API has accepted, without a trace.
    #[must_use]
    pub fn new(like_id: LikeId, movie_id: MovieId, user_id: Option<UserId>) -> Self {
        Self { like_id, movie_id, user_id, traceparent: None }
    }

    /// The time of the click, taken from [`Self::like_id`].
    #[must_use]
    pub fn liked_at(&self) -> Timestamp {
        self.like_id.time()
    }

    /// The key of this like's ledger entry.
    #[must_use]
    pub fn key(&self) -> LikeKey {
        LikeKey::new(&self.movie_id, self.like_id, self.user_id.as_ref())
    }

    /// When this like's ledger entry expires; `None` if the like names a user, since such an entry never does.
    ///
    /// ```
    /// use jiff::ToSpan;
    /// use like::LikeEvent;
    ///
    /// let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
    /// let anonymous = LikeEvent::new(id, "tt0111161".parse()?, None);
    /// let expires_at = anonymous.expires_at().ok_or("never")?;
    /// assert_eq!(expires_at, anonymous.liked_at() + (30 * 24).hours());
    ///
    /// let by_user = LikeEvent::new(id, "tt0111161".parse()?, Some("u-42".parse()?));
    /// assert_eq!(by_user.expires_at(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self.user_id {
            Some(_) => None,
            None => Some(self.liked_at().saturating_add(Self::LEDGER_RETENTION).unwrap_or(Timestamp::MAX)),
        }
    }

    /// Encodes the event as one line of JSON, including the newline.
    ///
    /// ```
    /// use like::LikeEvent;
    ///
    /// let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
    /// let line = LikeEvent::new(id, "tt0111161".parse()?, None).encode()?;
    /// assert!(line.starts_with(br#"{"version":1,"likeId":"01a206c6-"#));
    /// assert!(line.ends_with(b"}\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// None of the fields can fail to serialize; the signature is `serde_json`'s.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(&Encoded {
            version: VERSION,
            like_id: self.like_id,
            movie_id: &self.movie_id,
            user_id: self.user_id.as_ref(),
            liked_at: self.liked_at(),
            traceparent: self.traceparent,
        })?;
        line.push(b'\n');
        Ok(line)
    }

    /// Decodes one line. Unknown fields are ignored: a change that old readers must not ignore needs a new version.
    /// A `traceparent` that is malformed is taken for none.
    ///
    /// ```
    /// use like::{DecodeError, LikeEvent};
    ///
    /// let line = br#"{"version":1,"likeId":"01a206c6-78fb-7cc3-98c4-dc0c0c07398f","movieId":"tt0111161"}"#;
    /// let event = LikeEvent::decode(line)?;
    /// assert_eq!(event.movie_id.as_str(), "tt0111161");
    /// assert_eq!(event.user_id, None);
    ///
    /// let error = LikeEvent::decode(br#"{"version":2}"#).unwrap_err();
    /// assert!(matches!(error, DecodeError::UnknownVersion(2)));
    /// # Ok::<(), DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an event of a known version.
    pub fn decode(line: &[u8]) -> Result<Self, DecodeError> {
        // serde rejects a duplicate field.
        match serde_json::from_slice(line) {
            Ok(Decoded { version: VERSION, like_id, movie_id, user_id }) => {
                Ok(Self { like_id, movie_id, user_id, traceparent: Traceparent::of_event(line) })
            }
            Ok(Decoded { version, .. }) => Err(DecodeError::UnknownVersion(version)),
            // Another version may have other fields, so only then is the line parsed twice.
            Err(error) => {
                let Versioned { version } = serde_json::from_slice(line).map_err(DecodeError::NotAnEvent)?;
                Err(match version {
                    VERSION => DecodeError::Malformed(error),
                    _ => DecodeError::UnknownVersion(version),
                })
            }
        }
    }

    /// Decodes every line of a record, or of an object in the archive. Blank lines are skipped.
    ///
    /// This is the one definition of what a record holds. An object in the archive is a series of records with a
    /// newline after each, so it has the same lines as its records. `UpdateCount`, which sees records, and readers of
    /// the archive, which do not see where a record ends, therefore find the same likes whatever bytes are put on the
    /// stream. A line ends with `\n` or `\r`, as in Hadoop's `TextInputFormat`, which Athena reads with.
    ///
    /// ```
    /// use like::LikeEvent;
    ///
    /// let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
    /// let event = LikeEvent::new(id, "tt0111161".parse()?, None);
    /// let record = [event.encode()?, b"\nnot a like\n".to_vec()].concat();
    ///
    /// let lines: Vec<_> = LikeEvent::decode_lines(&record).map(Result::ok).collect();
    /// assert_eq!(lines, [Some(event), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn decode_lines(bytes: &[u8]) -> impl Iterator<Item = Result<Self, DecodeError>> {
        let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines.filter(|line| !line.trim_ascii().is_empty()).map(Self::decode)
    }
}

fn with_milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU64, NonZeroU128};

    use proptest::prelude::*;

    use super::*;

    const LINE: &str = concat!(
        r#"{"version":1,"likeId":"01a206c6-78fb-7cc3-98c4-dc0c0c07398f","movieId":"Tt0111161","#,
        r#""userId":"U-42","likedAt":"2026-11-23T05:00:00.123Z"}"#,
        "\n"
    );

    fn event() -> LikeEvent {
        LikeEvent::new(
            "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap(),
            "Tt0111161".parse().unwrap(),
            Some("U-42".parse().unwrap()),
        )
    }

    fn decode(text: &str) -> Result<LikeEvent, String> {
        LikeEvent::decode(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn encodes_to_one_line_of_json() {
        assert_eq!(String::from_utf8(event().encode().unwrap()).unwrap(), LINE);
        assert_eq!(decode(LINE), Ok(event()));
    }

    #[test]
    fn omits_an_absent_user() {
        let event = LikeEvent { user_id: None, ..event() };
        let line = String::from_utf8(event.encode().unwrap()).unwrap();
        assert_eq!(line, LINE.replace(r#""userId":"U-42","#, ""));
    }

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn traced() -> LikeEvent {
        LikeEvent { traceparent: Some(TRACEPARENT.parse().unwrap()), ..event() }
    }

    #[test]
    fn the_trace_is_one_more_member_and_no_part_of_the_key() {
        let line = String::from_utf8(traced().encode().unwrap()).unwrap();
        assert_eq!(line, LINE.replace("Z\"}", &format!("Z\",\"traceparent\":\"{TRACEPARENT}\"}}")));
        assert_eq!(decode(&line), Ok(traced()));
        assert_eq!(traced().key(), event().key());
    }

    #[test]
    fn whole_seconds_are_encoded_with_milliseconds() {
        let event = LikeEvent { like_id: LikeId::new(Timestamp::UNIX_EPOCH), ..event() };
        let line = String::from_utf8(event.encode().unwrap()).unwrap();
        assert!(line.contains(r#""likedAt":"1970-01-01T00:00:00.000Z""#), "{line}");
    }

    #[test]
    fn the_time_of_the_click_is_always_the_ids() {
        assert_eq!(event().liked_at(), "2026-11-23T05:00:00.123Z".parse().unwrap());
        assert_eq!(decode(&LINE.replace("2026-11-23T", "2027-11-23T")), Ok(event()));
    }

    #[test]
    fn an_unknown_version_is_named() {
        assert_eq!(decode(r#"{"version":2,"new":"field"}"#), Err("unknown version 2".into()));
        assert_eq!(decode(&LINE.replace(":1,", ":2,")), Err("unknown version 2".into()));
    }

    #[test]
    fn a_malformed_line_is_rejected_with_a_reason() {
        for (text, reason) in [
            ("\0junk", "not an event: expected value at line 1 column 1"),
            ("[]", "not an event: "),
            ("{}", "not an event: missing field `version`"),
            (r#"{"version":1}"#, "not an event of version 1: missing field `likeId`"),
            (
                &LINE.replace("Tt0111161", "#"),
                "not an event of version 1: must start with a letter or a digit",
            ),
            (
                &LINE.replace('{', r#"{"movieId":"tt2","#),
                "not an event of version 1: duplicate field `movieId`",
            ),
            (&LINE.replace('{', r#"{"version":1,"#), "not an event: duplicate field `version`"),
            (&format!("\u{feff}{LINE}"), "not an event: expected value at line 1 column 1"),
            (&format!("{LINE}{LINE}"), "not an event: trailing characters at line 2 column 1"),
        ] {
            let error = decode(text).unwrap_err();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }

    #[test]
    fn the_entry_of_an_anonymous_like_expires_after_30_days_and_a_users_never() {
        assert_eq!(event().expires_at(), None);
        let anonymous = LikeEvent { user_id: None, ..event() };
        assert_eq!(anonymous.expires_at(), Some("2026-12-23T05:00:00.123Z".parse().unwrap()));
    }

    /// A record in `queries/records.json`, and what each of its lines holds, except blank ones.
    #[derive(Deserialize)]
    struct Example {
        what: String,
        /// Each character stands for a byte.
        record: String,
        /// The like's key, or null for a line without a like.
        likes: Vec<Option<String>>,
    }

    /// The key of the like in each line, or `None` for a line without a like.
    fn keys(record: &[u8]) -> Vec<Option<String>> {
        LikeEvent::decode_lines(record).map(|line| line.ok().map(|like| like.key().to_string())).collect()
    }

    #[test]
    fn each_line_of_a_record_holds_a_like_or_none_and_blank_lines_are_skipped() {
        let examples = include_str!("../../../queries/records.json");
        let examples: Vec<Example> = serde_json::from_str(examples).unwrap();
        for Example { what, record, likes } in examples {
            let bytes: Vec<_> = record.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
            assert_eq!(keys(&bytes), likes, "{what}: {record}");
        }
    }

    proptest! {
        #[test]
        fn an_encoded_event_decodes_to_itself(
            milliseconds in 0..(1_i64 << 47),
            movie in "[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
            user in proptest::option::of("[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}"),
            trace in proptest::option::of(any::<(NonZeroU128, NonZeroU64)>()),
        ) {
            let event = LikeEvent {
                like_id: LikeId::new(Timestamp::from_millisecond(milliseconds).unwrap()),
                movie_id: movie.parse().unwrap(),
                user_id: user.map(|user| user.parse().unwrap()),
                traceparent: trace.map(|(trace_id, parent_id)| Traceparent { trace_id, parent_id }),
            };
            let line = event.encode().unwrap();
            prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(LikeEvent::decode(&line).unwrap(), event);
        }

        #[test]
        fn joined_records_have_the_lines_of_each_record(
            records in proptest::collection::vec(
                prop_oneof![
                    Just(LINE.to_owned()),
                    Just(LINE.trim_end().to_owned()),
                    Just(format!("{LINE}{LINE}")),
                    "[\\PC\n\r]{0,9}",
                ],
                0..9,
            ),
        ) {
            let joined: String = records.iter().flat_map(|record| [record, "\n"]).collect();
            let each: Vec<_> = records.iter().flat_map(|record| keys(record.as_bytes())).collect();
            prop_assert_eq!(keys(joined.as_bytes()), each);
        }

        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let _ = LikeEvent::decode(&bytes);
        }
    }
}
