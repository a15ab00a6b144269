//! Comparing the archive with the counts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    counts::Counts,
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
    /// Items of the table that are no counts, in the order of the movies' ids.
    pub malformed: Vec<Malformed>,
    /// Movies whose count is above the archive and cannot be judged, since the archive forgets likes.
    pub beyond_archive: u64,
}

/// A movie whose item in the table is no count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Malformed {
    pub movie_id: String,
    pub why: &'static str,
}

impl Verdict {
    /// Whether every count is right, as far as the archive can tell.
    pub(crate) fn is_right(&self) -> bool {
        self.differences.is_empty() && self.malformed.is_empty()
    }
}

impl Survey {
    /// All movies that are in the archive or have a count.
    pub(crate) fn movies<'a>(&'a self, counts: &'a Counts) -> BTreeSet<&'a String> {
        self.movies.keys().chain(counts.counts.keys()).chain(counts.malformed.keys()).collect()
    }

    /// A movie's likes; none when the archive does not know it.
    pub(crate) fn likes(&self, movie: &str) -> Likes {
        self.movies.get(movie).copied().unwrap_or_default()
    }

    /// Compares with the counts. A count that was added to since `settled` may be ahead of the archive; when the archive
    /// `forgets` likes, any count may.
    pub(crate) fn compare(&self, counts: &Counts, settled: Timestamp, forgets: bool) -> Verdict {
        let movies = self.movies(counts);
        let mut verdict = Verdict {
            movies: length(movies.len()),
            lines: self.lines,
            unreadable: self.unreadable,
            archived: 0,
            young: 0,
            counted: 0,
            differences: Vec::new(),
            malformed: Vec::new(),
            beyond_archive: 0,
        };
        for movie in movies {
            let Likes { archived, young } = self.likes(movie);
            verdict.archived += archived;
            verdict.young += young;
            if let Some(why) = counts.malformed.get(movie) {
                verdict.malformed.push(Malformed { movie_id: movie.clone(), why });
                continue;
            }
            let count = counts.counts.get(movie);
            let counted = count.map_or(0, |count| count.likes);
            verdict.counted += counted;
            let may_be_ahead = count.is_some_and(|count| count.updated > settled);
            let is_beyond = counted > archived + young && !may_be_ahead;
            if counted < archived || (is_beyond && !forgets) {
                verdict.differences.push(Difference { movie_id: movie.clone(), archived, young, counted });
            } else if is_beyond {
                verdict.beyond_archive += 1;
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::counts::Count;

    const SETTLED: Timestamp = Timestamp::UNIX_EPOCH;

    fn survey(movies: &[(&str, u64, u64)]) -> Survey {
        let likes =
            |&(movie, archived, young): &(&str, u64, u64)| (movie.to_owned(), Likes { archived, young });
        Survey { movies: movies.iter().map(likes).collect(), lines: 9, unreadable: 1 }
    }

    fn counts(counts: &[(&str, u64)]) -> Counts {
        updated(counts, SETTLED)
    }

    fn updated(counts: &[(&str, u64)], updated: Timestamp) -> Counts {
        let count = |likes| Count { likes, updated };
        let counts = counts.iter().map(|&(movie, likes)| (movie.to_owned(), count(likes))).collect();
        Counts { counts, malformed: BTreeMap::new() }
    }

    fn difference(movie: &str, archived: u64, young: u64, counted: u64) -> Difference {
        Difference { movie_id: movie.to_owned(), archived, young, counted }
    }

    #[test]
    fn a_right_count_is_no_difference() {
        let verdict =
            survey(&[("a", 2, 0), ("b", 1, 0)]).compare(&counts(&[("a", 2), ("b", 1)]), SETTLED, false);
        assert_eq!(verdict.differences, []);
        assert_eq!((verdict.lines, verdict.unreadable), (9, 1));
        assert_eq!((verdict.archived, verdict.counted, verdict.movies), (3, 3, 2));
    }

    #[test]
    fn a_count_too_low_too_high_or_missing_is_a_difference() {
        let survey = survey(&[("a", 2, 0), ("b", 1, 0), ("d", 1, 0)]);
        assert_eq!(
            survey.compare(&counts(&[("a", 1), ("b", 2), ("c", 1)]), SETTLED, false).differences,
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
            let verdict = survey(&[("a", 1, 1)]).compare(&counts(&[("a", counted)]), SETTLED, false);
            assert_eq!(!verdict.differences.is_empty(), differs, "{counted}");
        }
    }

    #[test]
    fn a_count_that_was_just_added_to_may_be_ahead_of_the_archive_and_never_behind() {
        let just_now = Timestamp::from_second(1).unwrap();
        for (likes, differs) in [(0, true), (1, false), (2, false)] {
            let counts = updated(&[("a", likes)], just_now);
            let verdict = survey(&[("a", 1, 0)]).compare(&counts, SETTLED, false);
            assert_eq!(!verdict.differences.is_empty(), differs, "{likes}");
        }
    }

    #[test]
    fn an_archive_that_forgets_is_the_least_that_a_count_must_be() {
        let survey = survey(&[("a", 2, 0), ("b", 2, 0), ("c", 2, 0)]);
        let verdict = survey.compare(&counts(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]), SETTLED, true);
        assert_eq!(verdict.differences, [difference("a", 2, 0, 1)]);
        assert_eq!(verdict.beyond_archive, 2);
    }

    #[test]
    fn an_item_that_is_no_count_is_wrong_and_stops_no_other() {
        let mut counts = counts(&[("b", 1)]);
        counts.malformed.insert("a".to_owned(), "likes is not a whole number");
        let verdict = survey(&[("a", 2, 0), ("b", 2, 0)]).compare(&counts, SETTLED, false);
        assert_eq!(
            verdict.malformed,
            [Malformed { movie_id: "a".into(), why: "likes is not a whole number" }]
        );
        assert_eq!(verdict.differences, [difference("b", 2, 0, 1)]);
        assert!(!verdict.is_right());
    }
}
