//! Where a like's trace continues, in the format of W3C's Trace Context.

use std::{
    fmt,
    num::{NonZeroU64, NonZeroU128},
    str::FromStr,
};

use memchr::memmem;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

/// The span in a sampled trace that published a like: the parent of what happens to the like next.
///
/// It is written as a [`traceparent`](https://www.w3.org/TR/trace-context/#traceparent-header) of version 00: lower-case
/// hexadecimal digits, ids that are not zero, and the flag `sampled`. A trace that is not sampled has none: nobody would
/// see its spans.
///
/// ```
/// use like::Traceparent;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let traceparent: Traceparent = text.parse()?;
/// assert_eq!(traceparent.to_string(), text);
/// assert!(text.replace("-01", "-00").parse::<Traceparent>().is_err());
/// # Ok::<(), like::InvalidTraceparent>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traceparent {
    /// The trace's id.
    pub trace_id: NonZeroU128,
    /// The span's id.
    pub parent_id: NonZeroU64,
}

/// The text is not the `traceparent` of a sampled trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be a W3C traceparent of version 00 that is sampled")]
pub struct InvalidTraceparent;

/// The flag that says that the trace is sampled.
const SAMPLED: u8 = 1;

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{SAMPLED:02x}", self.trace_id, self.parent_id)
    }
}

impl Serialize for Traceparent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Traceparent {
    type Err = InvalidTraceparent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceparent> {
        let is_hex = |part: &str, digits| {
            part.len() == digits && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let parts: Vec<_> = text.splitn(5, '-').collect();
        let &["00", trace_id, parent_id, flags] = parts.as_slice() else {
            return Err(InvalidTraceparent);
        };
        if !is_hex(trace_id, 32) || !is_hex(parent_id, 16) || !is_hex(flags, 2) {
            return Err(InvalidTraceparent);
        }
        let trace_id = u128::from_str_radix(trace_id, 16).ok().and_then(NonZeroU128::new);
        let parent_id = u64::from_str_radix(parent_id, 16).ok().and_then(NonZeroU64::new);
        let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & SAMPLED == SAMPLED);
        match (trace_id, parent_id, sampled) {
            (Some(trace_id), Some(parent_id), true) => Ok(Self { trace_id, parent_id }),
            _ => Err(InvalidTraceparent),
        }
    }
}

impl Traceparent {
    /// The member `traceparent` of an event. It is read apart from the like, so that nothing in it, and no second one,
    /// can make the like malformed.
    pub(crate) fn of_event(line: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Traced {
            traceparent: String,
        }
        // Most events have none, and then the line is not parsed again.
        memmem::find(line, br#""traceparent""#)?;
        serde_json::from_slice::<Traced>(line).ok()?.traceparent.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::LikeEvent;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn only_a_sampled_one_of_version_00_is_read() {
        assert_eq!(TEXT.parse::<Traceparent>().unwrap().to_string(), TEXT);
        for (malformed, what) in [
            ("", "nothing"),
            ("00", "no ids"),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "the version ff"),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "an unknown version"),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", "upper case"),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", "a short trace id"),
            ("00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a sign"),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", "a trace id of zero"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "a parent id of zero"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "not sampled"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "short flags"),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", "a fifth part"),
            (" 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a space"),
        ] {
            assert_eq!(malformed.parse::<Traceparent>(), Err(InvalidTraceparent), "{what}");
        }
    }

    #[test]
    fn other_flags_do_not_matter() {
        let random = TEXT.replace("-01", "-03").parse::<Traceparent>().unwrap();
        assert_eq!(random.to_string(), TEXT);
    }

    #[test]
    fn a_malformed_one_in_an_event_is_none_and_the_like_is_whole() {
        let line = r#"{"version":1,"likeId":"01a206c6-78fb-7cc3-98c4-dc0c0c07398f","movieId":"tt0111161"}"#;
        let decode = |line: &str| LikeEvent::decode(line.as_bytes()).map_err(|error| error.to_string());
        let with = |member: &str| line.replace('{', &format!("{{{member},"));
        let untraced = decode(line).unwrap();

        let traced = with(&format!(r#""traceparent":"{TEXT}""#));
        let expected = LikeEvent { traceparent: TEXT.parse().ok(), ..untraced.clone() };
        assert_eq!(decode(&traced), Ok(expected));

        let unsampled = format!("{:?}", TEXT.replace("-01", "-00"));
        for value in ["null", "7", "{}", "[\"\"]", "\"\"", "\"junk\"", &unsampled] {
            let member = format!(r#""traceparent":{value}"#);
            assert_eq!(decode(&with(&member)), Ok(untraced.clone()), "{value}");
        }
        let twice = format!(r#""traceparent":"{TEXT}","traceparent":"{TEXT}""#);
        assert_eq!(decode(&with(&twice)), Ok(untraced.clone()), "twice");
        let inside = format!(r#""x":{{"traceparent":"{TEXT}"}}"#);
        assert_eq!(decode(&with(&inside)), Ok(untraced), "in another member");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace_id: NonZeroU128, parent_id: NonZeroU64) {
            let traceparent = Traceparent { trace_id, parent_id };
            prop_assert_eq!(traceparent.to_string().parse(), Ok(traceparent));
            prop_assert_eq!(traceparent.to_string().len(), TEXT.len());
        }

        #[test]
        fn reading_never_panics(text in "\\PC{0,70}") {
            let _ = text.parse::<Traceparent>();
        }
    }
}
