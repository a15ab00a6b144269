//! Which movie is liked.

use crate::name::name_type;

name_type! {
    /// A movie's id: `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`.
    MovieId, max: 64, punctuation: "_-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::InvalidName;

    #[test]
    fn takes_one_to_sixty_four_characters() {
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
    fn two_that_differ_in_case_are_two() {
        assert_ne!("Tt1".parse::<MovieId>().unwrap(), "tT1".parse::<MovieId>().unwrap());
        assert_eq!("Tt1".parse::<MovieId>().unwrap().as_str(), "Tt1");
    }

    #[test]
    fn refuses_every_other_character() {
        let allowed = "_-";
        for bad in ["a#b", "a b", "a.b", "a@b", "aé", "a\n"] {
            assert_eq!(bad.parse::<MovieId>(), Err(InvalidName::BadCharacter { allowed }), "{bad:?}");
        }
    }
}
