//! Comparing the archive with the counts.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    counts::Count,
    survey::{Likes, Survey},
    tally::length,
};

/// A movie whose count is not what the archive says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    pub movie_id: String,
    /// The distinct likes in the archive, young ones apart.
    pub archived: u64,
    /// The likes in the archive that are too young to be called wrong.
    pub young: u64,
    pub counted: u64,
}

/// What comes of comparing an archive with the counts.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    pub movies: u64,
    /// Lines of the archive, copies included.
    pub lines: u64,
    /// Lines in which there is no like: records that went to quarantine.
    pub unreadable: u64,
    /// Distinct likes in the archive, young ones apart.
    pub archived: u64,
    /// Distinct likes in the archive that are too young to be called wrong.
    pub young: u64,
    pub counted: u64,
    /// In the order of the movies' ids.
    pub differences: Vec<Difference>,
}

impl Survey {
    /// All movies that are in the archive or have a count.
    pub(crate) fn movies<'a>(&'a self, counts: &'a HashMap<String, Count>) -> BTreeSet<&'a String> {
        self.movies.keys().chain(counts.keys()).collect()
    }

    /// A movie's likes; none when the archive does not know it.
    pub(crate) fn likes(&self, movie: &str) -> Likes {
        self.movies.get(movie).copied().unwrap_or_default()
    }

    /// Compares with the counts. A count that was added to since `settled` may be ahead of the archive.
    pub(crate) fn compare(&self, counts: &HashMap<String, Count>, settled: Timestamp) -> Verdict {
        let movies = self.movies(counts);
        let mut verdict = Verdict {
            movies: length(movies.len()),
            lines: self.lines,
            unreadable: self.unreadable,
            archived: 0,
            young: 0,
            counted: 0,
            differences: Vec::new(),
        };
        for movie in movies {
            let Likes { archived, young } = self.likes(movie);
            let count = counts.get(movie);
            let counted = count.map_or(0, |count| count.likes);
            verdict.archived += archived;
            verdict.young += young;
            verdict.counted += counted;
            let may_be_ahead = count.is_some_and(|count| count.updated > settled);
            if counted < archived || (counted > archived + young && !may_be_ahead) {
                verdict.differences.push(Difference { movie_id: movie.clone(), archived, young, counted });
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLED: Timestamp = Timestamp::UNIX_EPOCH;

    fn survey(movies: &[(&str, u64, u64)]) -> Survey {
        let likes =
            |&(movie, archived, young): &(&str, u64, u64)| (movie.to_owned(), Likes { archived, young });
        Survey { movies: movies.iter().map(likes).collect(), lines: 9, unreadable: 1 }
    }

    fn counts(counts: &[(&str, u64)]) -> HashMap<String, Count> {
        let count = |likes| Count { likes, updated: SETTLED };
        counts.iter().map(|&(movie, likes)| (movie.to_owned(), count(likes))).collect()
    }

    fn difference(movie: &str, archived: u64, young: u64, counted: u64) -> Difference {
        Difference { movie_id: movie.to_owned(), archived, young, counted }
    }

    #[test]
    fn a_right_count_is_no_difference() {
        let verdict = survey(&[("a", 2, 0), ("b", 1, 0)]).compare(&counts(&[("a", 2), ("b", 1)]), SETTLED);
        assert_eq!(verdict.differences, []);
        assert_eq!((verdict.lines, verdict.unreadable), (9, 1));
        assert_eq!((verdict.archived, verdict.counted, verdict.movies), (3, 3, 2));
    }

    #[test]
    fn a_count_too_low_too_high_or_missing_is_a_difference() {
        let survey = survey(&[("a", 2, 0), ("b", 1, 0), ("d", 1, 0)]);
        assert_eq!(
            survey.compare(&counts(&[("a", 1), ("b", 2), ("c", 1)]), SETTLED).differences,
            [
                difference("a", 2, 0, 1),
                difference("b", 1, 0, 2),
                difference("c", 0, 0, 1),
                difference("d", 1, 0, 0)
            ]
        );
    }

    #[test]
    fn a_young_like_may_be_counted_or_not() {
        for (counted, differs) in [(0, true), (1, false), (2, false), (3, true)] {
            let verdict = survey(&[("a", 1, 1)]).compare(&counts(&[("a", counted)]), SETTLED);
            assert_eq!(!verdict.differences.is_empty(), differs, "{counted}");
        }
    }

    #[test]
    fn a_count_that_was_just_added_to_may_be_ahead_of_the_archive_and_never_behind() {
        let just_now = Timestamp::from_second(1).unwrap();
        for (likes, differs) in [(0, true), (1, false), (2, false)] {
            let counts = HashMap::from([("a".to_owned(), Count { likes, updated: just_now })]);
            let verdict = survey(&[("a", 1, 0)]).compare(&counts, SETTLED);
            assert_eq!(!verdict.differences.is_empty(), differs, "{likes}");
        }
    }
}
