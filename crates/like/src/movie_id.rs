//! A movie's id.

use crate::name::name_type;

name_type! {
    /// A movie's id: `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`. Case matters.
    ///
    /// ```
    /// use like::{InvalidName, MovieId};
    ///
    /// let movie: MovieId = "tt0111161".parse()?;
    /// assert_eq!(movie.as_str(), "tt0111161");
    /// assert_ne!(movie, "TT0111161".parse()?);
    ///
    /// assert_eq!("tt 0111161".parse::<MovieId>(), Err(InvalidName::BadCharacter { allowed: "_-" }));
    /// # Ok::<(), InvalidName>(())
    /// ```
    MovieId, max: 64, punctuation: "_-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InvalidName;

    #[test]
    fn has_1_to_64_characters() {
        assert_eq!("a".parse::<MovieId>().unwrap().as_str(), "a");
        assert_eq!("9".repeat(64).parse::<MovieId>().unwrap().as_str(), "9".repeat(64));
        assert_eq!("9".repeat(65).parse::<MovieId>(), Err(InvalidName::TooLong { max: 64 }));
        assert_eq!("".parse::<MovieId>(), Err(InvalidName::Empty));
    }

    #[test]
    fn starts_with_a_letter_or_digit() {
        assert_eq!("_a".parse::<MovieId>(), Err(InvalidName::BadStart));
        assert_eq!("é".parse::<MovieId>(), Err(InvalidName::BadStart));
        assert_eq!("A-_z".parse::<MovieId>().unwrap().to_string(), "A-_z");
    }

    #[test]
    fn ids_that_differ_in_case_are_different() {
        assert_ne!("Tt1".parse::<MovieId>().unwrap(), "tT1".parse::<MovieId>().unwrap());
        assert_eq!("Tt1".parse::<MovieId>().unwrap().as_str(), "Tt1");
    }

    #[test]
    fn rejects_every_other_character() {
        let allowed = "_-";
        for bad in ["a#b", "a b", "a.b", "a@b", "aé", "a\n"] {
            assert_eq!(bad.parse::<MovieId>(), Err(InvalidName::BadCharacter { allowed }), "{bad:?}");
        }
    }
}
