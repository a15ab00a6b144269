//! What a command prints in the end.

use std::{
    fmt::{Display, Write as _},
    io::{self, Write},
};

use serde::Serialize;

use crate::exit::Exit;

/// What came of a command: as text for a person, as one object of JSON for a script.
pub(crate) trait Report: Display + Serialize {
    /// How the command ends.
    fn exit(&self) -> Exit;

    /// Prints the report on standard output. A reader that closes it early, such as `head`, is no error.
    fn emit(&self, json: bool) -> io::Result<Exit> {
        let text =
            if json { escape_controls(&serde_json::to_string(self)?) + "\n" } else { self.to_string() };
        match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(self.exit()),
        }
    }
}

/// Escapes the control characters that JSON allows in a string, which a terminal would obey: U+007F to U+009F.
fn escape_controls(json: &str) -> String {
    json.chars().fold(String::with_capacity(json.len()), |mut text, character| {
        if character.is_control() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\u{:04x}", u32::from(character));
        } else {
            text.push(character);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_holds_no_control_character_and_means_the_same(
            text in proptest::collection::vec(prop_oneof![any::<char>(), proptest::char::range('\0', '\u{a0}')], 0..40)
                .prop_map(String::from_iter),
        ) {
            let json = escape_controls(&serde_json::to_string(&text).unwrap());
            prop_assert!(!json.contains(char::is_control), "{json:?}");
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
