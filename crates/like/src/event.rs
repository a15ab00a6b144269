//! The event: one JSON object and a newline, on the stream and in the archive.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::{LikeId, LikeKey, MovieId, UserId};

/// The version of the format that this code writes and reads.
const VERSION: u32 = 1;

/// One like, as it is published to the stream.
///
/// A function of the like alone, so every retry of a like yields the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LikeEvent {
    /// The like's identity.
    pub like_id: LikeId,
    /// The movie that is liked.
    pub movie_id: MovieId,
    /// The user who likes it, if the client said so.
    pub user_id: Option<UserId>,
}

/// The JSON object that is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    like_id: LikeId,
    movie_id: &'a MovieId,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    /// For those who read the archive; the id says it too, so nothing here reads it back.
    #[serde(serialize_with = "with_milliseconds")]
    liked_at: Timestamp,
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

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

/// Why bytes are not an event of ours. They never will be, so a retry is useless.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// Not JSON, or not an object with a `version`.
    #[error("not an event: {0}")]
    NotAnEvent(#[source] serde_json::Error),
    /// A version that this code does not know.
    #[error("unknown version {0}")]
    UnknownVersion(u32),
    /// A known version with a field missing, out of form, or there twice.
    #[error("not an event of version 1: {0}")]
    OutOfForm(#[source] serde_json::Error),
}

impl LikeEvent {
    /// How long the ledger remembers a like without a user, from [`Self::liked_at`].
    ///
    /// Longer than any copy of a like can live: 24 hours in which it is accepted, at most 14 days on the stream and
    /// 14 in quarantine, with a day to spare.
    pub const LEDGER_RETENTION: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// The event of a like that the API has accepted.
    #[must_use]
    pub fn new(like_id: LikeId, movie_id: MovieId, user_id: Option<UserId>) -> Self {
        Self { like_id, movie_id, user_id }
    }

    /// When it was clicked: the time in [`Self::like_id`].
    #[must_use]
    pub fn liked_at(&self) -> Timestamp {
        self.like_id.time()
    }

    /// The key under which the ledger remembers this like.
    #[must_use]
    pub fn key(&self) -> LikeKey {
        LikeKey::new(&self.movie_id, self.like_id, self.user_id.as_ref())
    }

    /// When the ledger may forget this like; never, for a user's.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self.user_id {
            Some(_) => None,
            None => Some(self.liked_at().saturating_add(Self::LEDGER_RETENTION).unwrap_or(Timestamp::MAX)),
        }
    }

    /// The event as one line of JSON, its newline included.
    ///
    /// # Errors
    /// None of the fields can fail to serialize; the signature is `serde_json`'s.
    pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = serde_json::to_vec(&Written {
            version: VERSION,
            like_id: self.like_id,
            movie_id: &self.movie_id,
            user_id: self.user_id.as_ref(),
            liked_at: self.liked_at(),
        })?;
        line.push(b'\n');
        Ok(line)
    }

    /// Reads the event of one line. Unknown fields are ignored: a change that old readers must not ignore takes a
    /// new version.
    ///
    /// # Errors
    /// [`DecodeError`] if the bytes are not an event of a known version.
    pub fn decode(line: &[u8]) -> Result<Self, DecodeError> {
        // serde rejects a duplicate field.
        match serde_json::from_slice(line) {
            Ok(Decoded { version: VERSION, like_id, movie_id, user_id }) => {
                Ok(Self { like_id, movie_id, user_id })
            }
            Ok(Decoded { version, .. }) => Err(DecodeError::UnknownVersion(version)),
            // Another version may have other fields, so only then is the line parsed twice.
            Err(error) => {
                let Versioned { version } = serde_json::from_slice(line).map_err(DecodeError::NotAnEvent)?;
                Err(match version {
                    VERSION => DecodeError::OutOfForm(error),
                    _ => DecodeError::UnknownVersion(version),
                })
            }
        }
    }

    /// Reads every line of a record, or of an object of the archive. Blank lines are skipped.
    ///
    /// This is the one definition of what a record holds. An object of the archive is its records with a newline
    /// after each, so its lines are theirs: `UpdateCount`, which sees records, and whoever reads the archive, which
    /// has lost their borders, see the same likes whatever bytes somebody puts on the stream. A line ends with `\n` or
    /// `\r`, as it does for Hadoop's `TextInputFormat`, by which Athena reads.
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
    fn is_one_line_of_json() {
        assert_eq!(String::from_utf8(event().encode().unwrap()).unwrap(), LINE);
        assert_eq!(decode(LINE), Ok(event()));
    }

    #[test]
    fn leaves_an_absent_user_out() {
        let event = LikeEvent { user_id: None, ..event() };
        let line = String::from_utf8(event.encode().unwrap()).unwrap();
        assert_eq!(line, LINE.replace(r#""userId":"U-42","#, ""));
    }

    #[test]
    fn whole_seconds_keep_their_milliseconds() {
        let event = LikeEvent { like_id: LikeId::new(Timestamp::UNIX_EPOCH), ..event() };
        let line = String::from_utf8(event.encode().unwrap()).unwrap();
        assert!(line.contains(r#""likedAt":"1970-01-01T00:00:00.000Z""#), "{line}");
    }

    #[test]
    fn the_time_of_the_click_is_the_ids_whatever_else_the_event_says() {
        assert_eq!(event().liked_at(), "2026-11-23T05:00:00.123Z".parse().unwrap());
        assert_eq!(decode(&LINE.replace("2026-11-23T", "2027-11-23T")), Ok(event()));
    }

    #[test]
    fn an_unknown_version_is_named() {
        assert_eq!(decode(r#"{"version":2,"what":"ever"}"#), Err("unknown version 2".into()));
        assert_eq!(decode(&LINE.replace(":1,", ":2,")), Err("unknown version 2".into()));
    }

    #[test]
    fn what_is_not_an_event_is_refused_with_its_reason() {
        for (text, reason) in [
            ("\0garbage", "not an event: expected value at line 1 column 1"),
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
    fn the_ledger_forgets_an_anonymous_like_after_30_days_and_a_users_never() {
        assert_eq!(event().expires_at(), None);
        let anonymous = LikeEvent { user_id: None, ..event() };
        assert_eq!(anonymous.expires_at(), Some("2026-12-23T05:00:00.123Z".parse().unwrap()));
    }

    /// A record of `queries/records.json`, with what each of its lines that is not blank holds.
    #[derive(Deserialize)]
    struct Example {
        what: String,
        /// Each character is a byte.
        record: String,
        /// The keys of likes, and null for what is none.
        likes: Vec<Option<String>>,
    }

    /// The keys of a record's likes, and none for what is no like.
    fn keys(record: &[u8]) -> Vec<Option<String>> {
        LikeEvent::decode_lines(record).map(|line| line.ok().map(|like| like.key().to_string())).collect()
    }

    #[test]
    fn each_line_of_a_record_is_a_like_or_none_and_blank_lines_are_neither() {
        let examples = include_str!("../../../queries/records.json");
        let examples: Vec<Example> = serde_json::from_str(examples).unwrap();
        for Example { what, record, likes } in examples {
            let bytes: Vec<_> = record.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
            assert_eq!(keys(&bytes), likes, "{what}: {record}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            milliseconds in 0..(1_i64 << 47),
            movie in "[A-Za-z0-9][A-Za-z0-9_-]{0,63}",
            user in proptest::option::of("[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}"),
        ) {
            let event = LikeEvent::new(
                LikeId::new(Timestamp::from_millisecond(milliseconds).unwrap()),
                movie.parse().unwrap(),
                user.map(|user| user.parse().unwrap()),
            );
            let line = event.encode().unwrap();
            prop_assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1));
            prop_assert_eq!(LikeEvent::decode(&line).unwrap(), event);
        }

        #[test]
        fn the_lines_of_joined_records_are_the_lines_of_each(
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
        fn no_bytes_make_decoding_panic(bytes: Vec<u8>) {
            let _ = LikeEvent::decode(&bytes);
        }
    }
}
