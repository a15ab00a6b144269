//! A record's bytes, in a form that can be pasted.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::printable::is_printable;

/// How many bytes are printed. A like takes a few hundred, a record may take 128 KiB.
const MAX_PRINTED_BYTES: usize = 4096;

/// Prints bytes as they are if all of them are text that a terminal shows, and in base64 if not. The newline that ends a
/// like is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Payload<'a>(pub &'a [u8]);

impl fmt::Display for Payload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.strip_suffix(b"\n").unwrap_or(self.0);
        match str::from_utf8(bytes) {
            Ok(text) if text.chars().all(is_printable) => {
                let end = text.floor_char_boundary(MAX_PRINTED_BYTES);
                write!(f, "data: {}", text.get(..end).unwrap_or(text))?;
                write_limit(f, end, text.len())
            }
            _ => {
                let printed = self.0.get(..MAX_PRINTED_BYTES).unwrap_or(self.0);
                write!(f, "data in base64 (decode it with base64 --decode): {}", STANDARD.encode(printed))?;
                write_limit(f, printed.len(), self.0.len())
            }
        }
    }
}

/// Says how much of the data is printed, if not all.
fn write_limit(f: &mut fmt::Formatter<'_>, printed: usize, length: usize) -> fmt::Result {
    if printed == length {
        return Ok(());
    }
    write!(f, " (the first {printed} of {length} bytes; --json has the rest)")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::printable::any_text;

    fn printed(bytes: &[u8]) -> String {
        Payload(bytes).to_string()
    }

    #[test]
    fn text_is_printed_as_it_is() {
        assert_eq!(printed("{\"movieId\":\"Amélie\"}\n".as_bytes()), r#"data: {"movieId":"Amélie"}"#);
        assert_eq!(printed(b"C:\\a 'b'"), r"data: C:\a 'b'");
        assert_eq!(printed(b""), "data: ");
    }

    #[test]
    fn anything_else_is_base64_of_every_byte() {
        for (bytes, base64) in
            [(&b"\xff\0"[..], "/wA="), (b"a\nb\n", "YQpiCg=="), (b"\x1b[2J", "G1sySg=="), (b"\n\n", "Cgo=")]
        {
            assert_eq!(printed(bytes), format!("data in base64 (decode it with base64 --decode): {base64}"));
        }
    }

    #[test]
    fn long_data_is_truncated_and_says_so() {
        assert_eq!(
            printed("é".repeat(5000).as_bytes()),
            format!("data: {} (the first 4096 of 10000 bytes; --json has the rest)", "é".repeat(2048))
        );
        assert_eq!(
            printed(&[0; 4097]),
            format!(
                "data in base64 (decode it with base64 --decode): {}== (the first 4096 of 4097 bytes; --json has the rest)",
                "A".repeat(4096_usize.div_ceil(3) * 4 - 2)
            )
        );
    }

    proptest! {
        #[test]
        fn holds_no_control_character(bytes: Vec<u8>, text in any_text()) {
            prop_assert!(!printed(&bytes).contains(char::is_control));
            prop_assert!(!printed(text.as_bytes()).contains(char::is_control));
        }

        #[test]
        fn can_be_pasted(bytes: Vec<u8>, text in any_text()) {
            for bytes in [bytes, text.into_bytes()] {
                let printed = printed(&bytes);
                let pasted = match printed.strip_prefix("data: ") {
                    Some(text) => text.as_bytes().to_owned(),
                    None => STANDARD.decode(printed.rsplit(' ').next().unwrap()).unwrap(),
                };
                prop_assert_eq!(pasted.trim_ascii_end(), bytes.trim_ascii_end());
            }
        }
    }
}
