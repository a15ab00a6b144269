//! What an archive holds, in numbers.

use std::collections::BTreeMap;

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// Each movie's distinct likes.
    pub movies: BTreeMap<String, Likes>,
    /// Lines, copies included.
    pub lines: u64,
    /// Lines without a like: those of quarantined records.
    pub without_like: u64,
}

/// A movie's distinct likes in the archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Likes {
    /// Those that must be counted.
    pub archived: u64,
    /// Those that are too young to judge. They are not among [`Self::archived`].
    pub young: u64,
}

impl Survey {
    /// A movie's likes; none if the archive has none.
    #[must_use]
    pub fn likes(&self, movie: &str) -> Likes {
        self.movies.get(movie).copied().unwrap_or_default()
    }
}
