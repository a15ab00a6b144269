//! Counted nouns.

/// A number and its noun: "1 like", "2 likes".
pub(crate) fn plural(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
        assert_eq!([0, 1, 2].map(|number| plural(number, "like")), ["0 likes", "1 like", "2 likes"]);
    }
}
