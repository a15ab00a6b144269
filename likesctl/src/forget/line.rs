//! Lines of the archive that name a user.

use like::{LikeEvent, UserId};
use memchr::memmem;
use serde_json::Value;

/// A line that names the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The like in it. A line of a version that is not known holds none.
    pub like: Option<LikeEvent>,
}

impl Line {
    /// Reads a line, if it names this user: it is an object of JSON with the user's id as its `userId`.
    fn read(line: &[u8], user: &UserId) -> Option<Self> {
        // Few lines name the user, so the others should cost little. With a backslash, JSON can write an id differently.
        if memmem::find(line, user.as_str().as_bytes()).is_none() && !line.contains(&b'\\') {
            return None;
        }
        let value: Value = serde_json::from_slice(line).ok()?;
        let named = value.get("userId").and_then(Value::as_str) == Some(user.as_str());
        named.then(|| Self { like: LikeEvent::decode(line).ok() })
    }

    /// The lines of an object that name a user.
    pub(super) fn all(object: &[u8], user: &UserId) -> Vec<Self> {
        object.split(|byte| ends(*byte)).filter_map(|line| Self::read(line, user)).collect()
    }
}

/// An object without those lines that name a user and are to go, and their number. What ended them remains, as a blank
/// line; every other byte remains as it is.
pub(super) fn erase(object: &[u8], user: &UserId, goes: impl Fn(&Line) -> bool) -> (Vec<u8>, u64) {
    let (mut rest, mut erased) = (Vec::with_capacity(object.len()), 0);
    for part in object.split_inclusive(|byte| ends(*byte)) {
        let line = part.strip_suffix(b"\n").or_else(|| part.strip_suffix(b"\r")).unwrap_or(part);
        if Line::read(line, user).is_some_and(|line| goes(&line)) {
            erased += 1;
            rest.extend(part.get(line.len()..).unwrap_or_default());
        } else {
            rest.extend(part);
        }
    }
    (rest, erased)
}

/// Whether a byte ends a line, as for [`LikeEvent::decode_lines`].
fn ends(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn user() -> UserId {
        "u-4".parse().unwrap()
    }

    fn event(movie: u8, user: Option<&str>) -> LikeEvent {
        let user = user.map(|user| user.parse().unwrap());
        LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), format!("m{movie}").parse().unwrap(), user)
    }

    fn text(event: &LikeEvent) -> String {
        String::from_utf8(event.encode().unwrap()).unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_line_names_the_user_whether_or_not_it_is_a_like() {
        let like = event(1, Some("u-4"));
        let escaped = text(&like).replace("u-4", "\\u0075-4");
        for line in [text(&like), escaped] {
            assert_eq!(
                Line::read(line.as_bytes(), &user()),
                Some(Line { like: Some(like.clone()) }),
                "{line}"
            );
        }
        for line in [r#"{"version":2,"userId":"u-4"}"#, r#" {"userId":"u-4"}"#] {
            assert_eq!(Line::read(line.as_bytes(), &user()), Some(Line { like: None }), "{line}");
        }
    }

    #[test]
    fn a_line_that_only_contains_the_id_does_not_name_the_user() {
        let others = ["u-42", "xu-4", "U-4"].map(|other| text(&event(1, Some(other))));
        let elsewhere = [r#"{"movieId":"u-4"}"#, r#"{"userId":["u-4"]}"#, "u-4", r#"["u-4"]"#];
        for line in others.iter().map(String::as_str).chain(elsewhere) {
            assert_eq!(Line::read(line.as_bytes(), &user()), None, "{line}");
        }
    }

    /// A line, or what is not one, with its end.
    fn part() -> impl Strategy<Value = String> {
        let named = (0..3_u8, proptest::sample::select(vec![None, Some("u-4"), Some("u-42")]));
        let line = prop_oneof![
            4 => named.prop_map(|(movie, user)| text(&event(movie, user))),
            1 => Just(r#"{"version":2,"userId":"u-4"}"#.to_owned()),
            1 => "[u4{}\" -]{0,6}",
        ];
        (line, proptest::sample::select(vec!["\n", "\r", "\r\n", "\n\n"])).prop_map(|(line, end)| line + end)
    }

    proptest! {
        #[test]
        fn exactly_the_users_lines_go_and_every_other_byte_stays(
            parts in proptest::collection::vec(part(), 0..12),
            cut in 0..2_usize,
            kept in 0..3_u8,
        ) {
            let mut object = parts.concat();
            object.truncate(object.len().saturating_sub(cut));
            // The likes of one movie are not to go yet.
            let kept = format!("m{kept}");
            let goes = |line: &Line| line.like.as_ref().is_none_or(|like| like.movie_id.as_str() != kept);
            let (rest, erased) = erase(object.as_bytes(), &user(), goes);

            let lines = |object: &str| object.split(['\n', '\r']).map(str::to_owned).collect::<Vec<_>>();
            let (before, after) = (lines(&object), lines(&String::from_utf8(rest.clone()).unwrap()));
            prop_assert_eq!(before.len(), after.len());
            let named = r#""userId":"u-4""#;
            let gone = |line: &str| line.contains(named) && !line.contains(&format!(r#""movieId":"{kept}""#));
            for (before, after) in before.iter().zip(&after) {
                prop_assert_eq!(after.as_str(), if gone(before) { "" } else { before });
            }
            prop_assert_eq!(erased, before.iter().filter(|line| gone(line)).count() as u64);
            prop_assert_eq!(Line::all(&rest, &user()).iter().filter(|line| goes(line)).count(), 0);
            let likes = |object: &[u8]| LikeEvent::decode_lines(object).flatten().collect::<Vec<_>>();
            let mut expected = likes(object.as_bytes());
            expected.retain(|like| like.user_id != Some(user()) || like.movie_id.as_str() == kept);
            prop_assert_eq!(likes(&rest), expected);
        }
    }
}
