//! Untrusted text, made safe for a terminal.

use std::fmt::{self, Write};

/// Prints a text without the characters that a terminal obeys rather than shows; those are escaped.
///
/// A record's bytes, its partition key and whatever quotes them may come from anyone who can write to the stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            if is_printable(character) {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_default())?;
            }
        }
        Ok(())
    }
}

/// Whether a character shows what it is: it is no control character, does not change the direction of the text, and is
/// not invisible.
///
/// See <https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing>.
pub(crate) fn is_printable(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Texts of any characters, control characters among them; those of `any::<String>()` have none.
#[cfg(test)]
pub(crate) fn any_text() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    proptest::collection::vec(prop_oneof![any::<char>(), proptest::char::range('\0', '\u{a0}')], 0..40)
        .prop_map(String::from_iter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_what_a_terminal_obeys_and_nothing_else() {
        for (text, printed) in [
            (r#"expected `"` or '\' at line 1"#, r#"expected `"` or '\' at line 1"#),
            ("Amélie, हिन्दी, 😀", "Amélie, हिन्दी, 😀"),
            ("\u{1b}[2J\u{9b}2J\r\n\t\0\u{7f}", r"\u{1b}[2J\u{9b}2J\r\n\t\u{0}\u{7f}"),
            ("a\u{202e}b\u{200b}c", r"a\u{202e}b\u{200b}c"),
        ] {
            assert_eq!(Printable(text).to_string(), printed);
        }
    }

    proptest! {
        #[test]
        fn is_never_a_control_character(text in any_text()) {
            prop_assert!(!Printable(&text).to_string().contains(char::is_control));
        }
    }
}
