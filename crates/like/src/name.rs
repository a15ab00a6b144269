//! What movie and user ids have in common: a letter or digit, then characters from a limited set.

use thiserror::Error;

/// Why a string is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidName {
    /// The string is empty.
    #[error("must not be empty")]
    Empty,
    /// The string has too many characters.
    #[error("must have at most {max} characters")]
    TooLong {
        /// The maximum number of characters.
        max: usize,
    },
    /// The first character is not an ASCII letter or digit.
    #[error("must start with a letter or a digit")]
    BadStart,
    /// A later character is not an ASCII letter, a digit or one of `allowed`.
    #[error("must contain only letters, digits and {allowed} after the first character")]
    BadCharacter {
        /// The punctuation allowed after the first character.
        allowed: &'static str,
    },
}

/// Checks `value` against `^[A-Za-z0-9][A-Za-z0-9{punctuation}]{0,max-1}$`.
pub(crate) fn check(value: &str, max: usize, punctuation: &'static str) -> Result<(), InvalidName> {
    let mut characters = value.chars();
    let first = characters.next().ok_or(InvalidName::Empty)?;
    if !first.is_ascii_alphanumeric() {
        return Err(InvalidName::BadStart);
    }
    if !characters.all(|c| c.is_ascii_alphanumeric() || punctuation.contains(c)) {
        return Err(InvalidName::BadCharacter { allowed: punctuation });
    }
    // Only ASCII is left, so bytes are characters.
    if value.len() > max {
        return Err(InvalidName::TooLong { max });
    }
    Ok(())
}

/// Defines an id type that wraps a checked string, with its conversions.
macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, max: $max:expr, punctuation: $punctuation:expr) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidName;

            fn try_from(value: String) -> Result<Self, Self::Error> {
                $crate::name::check(&value, $max, $punctuation)?;
                Ok(Self(value))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidName;

            fn from_str(value: &str) -> Result<Self, Self::Err> {
                Self::try_from(value.to_owned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use name_type;
