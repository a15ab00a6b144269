//! Counting the distinct likes of an archive, and comparing them with the counts.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use like::LikeEvent;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_128;

use crate::counts::Count;

/// The distinct likes of each movie.
///
/// Of each like it keeps a hash of 128 bits: among a billion likes, two share one with a probability of about
/// 10⁻²¹. So its memory grows with the likes, by a few tens of bytes each, and not with the archive's bytes.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    movies: HashMap<String, HashMap<u128, bool>>,
    lines: u64,
    unreadable: u64,
}

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

impl Tally {
    /// Takes note of a line of the archive. A like is young when it, or every copy of it, may still be on its way.
    pub(crate) fn add(&mut self, like: Option<LikeEvent>, is_young: impl FnOnce(&LikeEvent) -> bool) {
        self.lines += 1;
        let Some(like) = like else {
            self.unreadable += 1;
            return;
        };
        let young = is_young(&like);
        let key = xxh3_128(like.key().as_str().as_bytes());
        let likes = self.movies.entry(like.movie_id.to_string()).or_default();
        likes.entry(key).and_modify(|all_young| *all_young &= young).or_insert(young);
    }

    /// Takes note of all that another has noted.
    pub(crate) fn merge(&mut self, other: Self) {
        self.lines += other.lines;
        self.unreadable += other.unreadable;
        for (movie, others) in other.movies {
            let likes = self.movies.entry(movie).or_default();
            for (key, young) in others {
                likes.entry(key).and_modify(|all_young| *all_young &= young).or_insert(young);
            }
        }
    }

    /// Compares with the counts. A count that was added to since `settled` may be ahead of the archive.
    pub(crate) fn compare(&self, counts: &HashMap<String, Count>, settled: Timestamp) -> Verdict {
        let movies: BTreeSet<_> = self.movies.keys().chain(counts.keys()).collect();
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
            let likes = self.movies.get(movie);
            let all = likes.map_or(0, |likes| length(likes.len()));
            let young = likes.map_or(0, |likes| length(likes.values().filter(|young| **young).count()));
            let count = counts.get(movie);
            let counted = count.map_or(0, |count| count.likes);
            let archived = all - young;
            verdict.archived += archived;
            verdict.young += young;
            verdict.counted += counted;
            let may_be_ahead = count.is_some_and(|count| count.updated > settled);
            if counted < archived || (counted > all && !may_be_ahead) {
                verdict.differences.push(Difference { movie_id: movie.clone(), archived, young, counted });
            }
        }
        verdict
    }
}

/// Lengths fit into 64 bits wherever this runs.
fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    const SETTLED: Timestamp = Timestamp::UNIX_EPOCH;

    fn like(movie: &str, number: u8) -> LikeEvent {
        let id: LikeId = format!("01a206c6-78fb-7cc3-98c4-0000000000{number:02x}").parse().unwrap();
        LikeEvent::new(id, movie.parse().unwrap(), None)
    }

    fn tally(likes: &[(LikeEvent, bool)]) -> Tally {
        let mut tally = Tally::default();
        for (like, young) in likes {
            tally.add(Some(like.clone()), |_| *young);
        }
        tally
    }

    fn counts(counts: &[(&str, u64)]) -> HashMap<String, Count> {
        let count = |likes| Count { likes, updated: SETTLED };
        counts.iter().map(|&(movie, likes)| (movie.to_owned(), count(likes))).collect()
    }

    fn difference(movie: &str, archived: u64, young: u64, counted: u64) -> Difference {
        Difference { movie_id: movie.to_owned(), archived, young, counted }
    }

    #[test]
    fn copies_are_one_like_and_a_right_count_is_no_difference() {
        let tally = tally(&[
            (like("a", 1), false),
            (like("a", 2), false),
            (like("a", 1), false),
            (like("b", 1), false),
        ]);
        let verdict = tally.compare(&counts(&[("a", 2), ("b", 1)]), SETTLED);
        assert_eq!(verdict.differences, []);
        assert_eq!((verdict.lines, verdict.archived, verdict.counted, verdict.movies), (4, 3, 3, 2));
    }

    #[test]
    fn a_count_too_low_too_high_or_missing_is_a_difference() {
        let tally = tally(&[
            (like("a", 1), false),
            (like("a", 2), false),
            (like("b", 1), false),
            (like("d", 1), false),
        ]);
        let verdict = tally.compare(&counts(&[("a", 1), ("b", 2), ("c", 1)]), SETTLED);
        assert_eq!(
            verdict.differences,
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
        let tally = tally(&[(like("a", 1), false), (like("a", 2), true)]);
        for (counted, differs) in [(0, true), (1, false), (2, false), (3, true)] {
            let verdict = tally.compare(&counts(&[("a", counted)]), SETTLED);
            assert_eq!(!verdict.differences.is_empty(), differs, "{counted}");
        }
    }

    #[test]
    fn an_old_copy_of_a_young_like_makes_it_old() {
        for likes in
            [[(like("a", 1), true), (like("a", 1), false)], [(like("a", 1), false), (like("a", 1), true)]]
        {
            assert_eq!(tally(&likes).compare(&counts(&[]), SETTLED).differences, [difference("a", 1, 0, 0)]);
        }
    }

    #[test]
    fn a_count_that_was_just_added_to_may_be_ahead_of_the_archive_and_never_behind() {
        let just_now = Timestamp::from_second(1).unwrap();
        let tally = tally(&[(like("a", 1), false)]);
        for (likes, differs) in [(0, true), (1, false), (2, false)] {
            let counts = HashMap::from([("a".to_owned(), Count { likes, updated: just_now })]);
            assert_eq!(!tally.compare(&counts, SETTLED).differences.is_empty(), differs, "{likes}");
        }
    }

    #[test]
    fn lines_without_a_like_are_counted_apart() {
        let mut tally = Tally::default();
        tally.add(None, |_| false);
        let verdict = tally.compare(&counts(&[]), SETTLED);
        assert_eq!((verdict.lines, verdict.unreadable, verdict.archived), (1, 1, 0));
    }

    proptest! {
        #[test]
        fn however_the_lines_are_shared_out_the_verdict_is_the_same(
            likes in proptest::collection::vec((0..3_u8, 0..10_u8, any::<bool>()), 0..60),
            cut in 0..60_usize,
        ) {
            let likes: Vec<_> =
                likes.into_iter().map(|(movie, number, young)| (like(&format!("m{movie}"), number), young)).collect();
            let (first, second) = likes.split_at(cut.min(likes.len()));
            let mut merged = tally(second);
            merged.merge(tally(first));
            let counts = counts(&[("m0", 3), ("m1", 3)]);
            prop_assert_eq!(merged.compare(&counts, SETTLED), tally(&likes).compare(&counts, SETTLED));
        }
    }
}
