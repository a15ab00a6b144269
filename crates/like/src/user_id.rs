//! A user's id.

use crate::name::name_type;

name_type! {
    /// A user's id: `^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$`. Case matters.
    ///
    /// ```
    /// use like::{InvalidName, UserId};
    ///
    /// let user: UserId = "ann@example.org".parse()?;
    /// assert_eq!(user.to_string(), "ann@example.org");
    ///
    /// assert_eq!("".parse::<UserId>(), Err(InvalidName::Empty));
    /// # Ok::<(), InvalidName>(())
    /// ```
    UserId, max: 128, punctuation: "_.@-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InvalidName;

    #[test]
    fn may_be_an_email_address() {
        assert_eq!("Ann_b.c-D@Example.org".parse::<UserId>().unwrap().to_string(), "Ann_b.c-D@Example.org");
    }

    #[test]
    fn has_at_most_128_characters() {
        assert!("u".repeat(128).parse::<UserId>().is_ok());
        assert_eq!("u".repeat(129).parse::<UserId>(), Err(InvalidName::TooLong { max: 128 }));
    }

    #[test]
    fn never_contains_the_separator_of_ledger_keys() {
        assert_eq!("u#1".parse::<UserId>(), Err(InvalidName::BadCharacter { allowed: "_.@-" }));
    }
}
