//! Compares the archive with the counts.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::{
    counts::Counts,
    exit::Exit,
    plural::plural,
    report::Report,
    survey::{self, Likes, Survey},
};

/// The result of comparing an archive with the counts.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verdict {
    pub result: Judgement,
    pub movies: u64,
    /// Movies whose count the archive could confirm or contradict.
    pub judged: u64,
    /// Lines of the archive, copies included.
    pub lines: u64,
    /// Lines without a like: those of quarantined records.
    pub without_like: u64,
    /// Distinct likes in the archive, without those that are too young to judge.
    pub archived: u64,
    /// Distinct likes in the archive that are too young to judge.
    pub young: u64,
    /// Likes of forgotten users that counts keep, and that the archive does not hold any more.
    pub forgotten: u64,
    pub counted: u64,
    /// In the order of the movies' ids.
    pub differences: Vec<Difference>,
    /// Items of the table that are not counts, in the order of the movies' ids.
    pub malformed: Vec<Malformed>,
    /// Movies whose count is above the archive and cannot be judged, since likes expire from the archive.
    pub beyond_archive: u64,
}

/// The verdict in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Judgement {
    /// Every count is right, as far as the archive can tell.
    Right,
    /// A count is wrong, or an item is not a count.
    Wrong,
    /// The archive holds no like that is old enough to judge.
    NothingJudged,
}

/// A movie whose count is not what the archive says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Difference {
    pub movie_id: String,
    /// The distinct likes in the archive, without the young ones.
    pub archived: u64,
    /// The likes in the archive that are too young to judge.
    pub young: u64,
    /// The likes of forgotten users that the count keeps.
    pub forgotten: u64,
    pub counted: u64,
}

/// A movie whose item in the table is not a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Malformed {
    pub movie_id: String,
    pub why: String,
}

impl Verdict {
    /// Compares an archive with the counts. A count that was added to since `settled` may be ahead of the archive. If
    /// the archive `expires`, any count may.
    pub(crate) fn new(survey: &Survey, counts: &Counts, settled: Timestamp, expires: bool) -> Self {
        let movies = survey::movies(survey, counts);
        let mut verdict = Self {
            result: Judgement::Right,
            movies: movies.len() as u64,
            judged: 0,
            lines: survey.lines,
            without_like: survey.without_like,
            archived: 0,
            young: 0,
            forgotten: 0,
            counted: 0,
            differences: Vec::new(),
            malformed: Vec::new(),
            beyond_archive: 0,
        };
        for movie in movies {
            let Likes { archived, young } = survey.likes(movie);
            verdict.archived += archived;
            verdict.young += young;
            if let Some(why) = counts.malformed.get(movie) {
                verdict.malformed.push(Malformed { movie_id: movie.clone(), why: why.clone() });
                continue;
            }
            let count = counts.counts.get(movie);
            let counted = count.map_or(0, |count| count.likes);
            let forgotten = count.map_or(0, |count| count.forgotten);
            verdict.forgotten += forgotten;
            let least = archived + forgotten;
            verdict.counted += counted;
            let may_be_ahead = count.is_some_and(|count| count.updated > settled);
            let is_beyond = counted > least + young && !may_be_ahead;
            let is_wrong = counted < least || (is_beyond && !expires);
            if is_wrong {
                let movie_id = movie.clone();
                verdict.differences.push(Difference { movie_id, archived, young, forgotten, counted });
            } else if is_beyond {
                verdict.beyond_archive += 1;
            }
            verdict.judged += u64::from(is_wrong || least > 0);
        }
        verdict.result = if !verdict.differences.is_empty() || !verdict.malformed.is_empty() {
            Judgement::Wrong
        } else if verdict.judged == 0 {
            Judgement::NothingJudged
        } else {
            Judgement::Right
        };
        verdict
    }
}

impl Report for Verdict {
    fn exit(&self) -> Exit {
        match self.result {
            Judgement::Right => Exit::Fine,
            Judgement::Wrong => Exit::Wrong,
            Judgement::NothingJudged => Exit::NothingJudged,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { movies, lines, without_like, archived, young, forgotten, counted, beyond_archive, .. } =
            self;
        writeln!(f, "{} in the archive, {without_like} without a like", plural(*lines, "line"))?;
        writeln!(
            f,
            "{} archived, {young} more too young to judge, {counted} counted, {}",
            plural(*archived, "like"),
            plural(*movies, "movie")
        )?;
        if *forgotten > 0 {
            let likes = plural(*forgotten, "like");
            writeln!(f, "{likes} of forgotten users among the counted, which the archive does not hold")?;
        }
        if *beyond_archive > 0 {
            let movies = plural(*beyond_archive, "movie");
            writeln!(
                f,
                "{movies} with more likes than the archive still holds: judged only by what it holds"
            )?;
        }
        for Malformed { movie_id, why } in &self.malformed {
            writeln!(f, "the item of {movie_id} in the table is not a count: {why}")?;
        }
        match self.result {
            Judgement::Right if *young > 0 => {
                writeln!(f, "Every count is right, whether or not it includes the young likes.")?;
            }
            Judgement::Right => writeln!(f, "Every count is right.")?,
            Judgement::NothingJudged if *young > 0 => writeln!(
                f,
                "Nothing was judged: every like is too young. Run this again later, or with a shorter --margin."
            )?,
            Judgement::NothingJudged => {
                writeln!(f, "Nothing was judged: the archive holds no likes.")?;
            }
            Judgement::Wrong => {}
        }
        if self.differences.is_empty() {
            return Ok(());
        }
        let number = self.differences.len() as u64;
        writeln!(f, "{} {} wrong:", plural(number, "count"), if number == 1 { "is" } else { "are" })?;
        writeln!(
            f,
            "{:<64} {:>12} {:>8} {:>9} {:>12}",
            "movie", "archived", "young", "forgotten", "counted"
        )?;
        for Difference { movie_id, archived, young, forgotten, counted } in &self.differences {
            writeln!(f, "{movie_id:<64} {archived:>12} {young:>8} {forgotten:>9} {counted:>12}")?;
        }
        if self.differences.iter().any(|movie| movie.counted > movie.archived + movie.forgotten) {
            writeln!(
                f,
                "Where more is counted, the archive may lack likes. To look for them: likesctl backfill"
            )?;
        }
        Ok(())
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
        Survey { movies: movies.iter().map(likes).collect(), lines: 9, without_like: 1 }
    }

    fn counts(counts: &[(&str, u64)]) -> Counts {
        updated(counts, SETTLED)
    }

    fn updated(counts: &[(&str, u64)], updated: Timestamp) -> Counts {
        let count = |likes| Count { likes, forgotten: 0, updated };
        let counts = counts.iter().map(|&(movie, likes)| (movie.to_owned(), count(likes))).collect();
        Counts { counts, malformed: BTreeMap::new() }
    }

    fn difference(movie: &str, archived: u64, young: u64, counted: u64) -> Difference {
        Difference { movie_id: movie.to_owned(), archived, young, forgotten: 0, counted }
    }

    #[test]
    fn a_right_count_is_no_difference() {
        let verdict = Verdict::new(
            &survey(&[("a", 2, 0), ("b", 1, 0)]),
            &counts(&[("a", 2), ("b", 1)]),
            SETTLED,
            false,
        );
        assert_eq!(verdict.differences, []);
        assert_eq!((verdict.lines, verdict.without_like), (9, 1));
        assert_eq!((verdict.archived, verdict.counted, verdict.movies), (3, 3, 2));
    }

    #[test]
    fn a_count_too_low_too_high_or_missing_is_a_difference() {
        let survey = survey(&[("a", 2, 0), ("b", 1, 0), ("d", 1, 0)]);
        assert_eq!(
            Verdict::new(&survey, &counts(&[("a", 1), ("b", 2), ("c", 1)]), SETTLED, false).differences,
            [
                difference("a", 2, 0, 1),
                difference("b", 1, 0, 2),
                difference("c", 0, 0, 1),
                difference("d", 1, 0, 0)
            ]
        );
    }

    #[test]
    fn a_count_has_the_likes_of_the_archive_and_those_it_keeps_of_forgotten_users() {
        let judged = |archived, young, counted| {
            let mut counts = counts(&[("a", counted)]);
            counts.counts.get_mut("a").unwrap().forgotten = 2;
            Verdict::new(&survey(&[("a", archived, young)]), &counts, SETTLED, false)
        };
        for (archived, young, counted) in [(3, 0, 5), (3, 1, 5), (3, 1, 6), (0, 0, 2)] {
            let verdict = judged(archived, young, counted);
            assert_eq!((verdict.differences.len(), verdict.judged), (0, 1), "{archived} {young} {counted}");
        }
        for counted in [4, 7] {
            let verdict = judged(3, 1, counted);
            let expected = Difference { forgotten: 2, ..difference("a", 3, 1, counted) };
            assert_eq!((verdict.differences.as_slice(), verdict.forgotten), (&[expected][..], 2));
            let text = verdict.to_string();
            assert!(text.contains("\n2 likes of forgotten users among the counted, "), "{text}");
            let is_more = text.contains("likesctl backfill");
            assert_eq!(is_more, counted == 7, "{text}");
        }
    }

    #[test]
    fn a_young_like_may_be_counted_or_not() {
        for (counted, differs) in [(0, true), (1, false), (2, false), (3, true)] {
            let verdict = Verdict::new(&survey(&[("a", 1, 1)]), &counts(&[("a", counted)]), SETTLED, false);
            assert_eq!(!verdict.differences.is_empty(), differs, "{counted}");
        }
    }

    #[test]
    fn a_count_that_was_just_added_to_may_be_ahead_of_the_archive_and_never_behind() {
        let just_now = Timestamp::from_second(1).unwrap();
        for (likes, differs) in [(0, true), (1, false), (2, false)] {
            let counts = updated(&[("a", likes)], just_now);
            let verdict = Verdict::new(&survey(&[("a", 1, 0)]), &counts, SETTLED, false);
            assert_eq!(!verdict.differences.is_empty(), differs, "{likes}");
        }
    }

    #[test]
    fn an_archive_that_forgets_is_the_least_that_a_count_must_be() {
        let survey = survey(&[("a", 2, 0), ("b", 2, 0), ("c", 2, 0)]);
        let verdict =
            Verdict::new(&survey, &counts(&[("a", 1), ("b", 2), ("c", 3), ("d", 4)]), SETTLED, true);
        assert_eq!(verdict.differences, [difference("a", 2, 0, 1)]);
        assert_eq!(verdict.beyond_archive, 2);
    }

    #[test]
    fn an_item_that_is_no_count_is_wrong_and_stops_no_other() {
        let mut counts = counts(&[("b", 1)]);
        counts.malformed.insert("a".to_owned(), "why".to_owned());
        let verdict = Verdict::new(&survey(&[("a", 2, 0), ("b", 2, 0)]), &counts, SETTLED, false);
        assert_eq!(verdict.malformed, [Malformed { movie_id: "a".into(), why: "why".into() }]);
        assert_eq!(verdict.differences, [difference("b", 2, 0, 1)]);
        assert_eq!(verdict.result, Judgement::Wrong);
    }

    #[test]
    fn right_wrong_and_nothing_judged_have_different_results_and_exit_codes() {
        let result = |archived: &[(&str, u64, u64)], counted: &[(&str, u64)]| {
            let verdict = Verdict::new(&survey(archived), &counts(counted), SETTLED, false);
            (verdict.result, verdict.judged, verdict.exit())
        };
        assert_eq!(result(&[("a", 1, 0), ("b", 0, 1)], &[("a", 1)]), (Judgement::Right, 1, Exit::Fine));
        assert_eq!(result(&[("a", 1, 0)], &[]), (Judgement::Wrong, 1, Exit::Wrong));
        assert_eq!(result(&[], &[("a", 1)]), (Judgement::Wrong, 1, Exit::Wrong));
        let nothing = (Judgement::NothingJudged, 0, Exit::NothingJudged);
        assert_eq!(result(&[], &[]), nothing);
        assert_eq!(result(&[("a", 0, 1)], &[("a", 1)]), nothing);
    }

    #[test]
    fn a_count_above_the_archive_points_to_backfill_and_one_below_does_not() {
        let points = |archived, young, counted| {
            let survey = survey(&[("a", archived, young)]);
            let verdict = Verdict::new(&survey, &counts(&[("a", counted)]), SETTLED, false);
            assert_eq!(verdict.result, Judgement::Wrong);
            verdict.to_string().lines().last().unwrap().ends_with("likesctl backfill")
        };
        assert!(points(2, 0, 3));
        assert!(points(0, 0, 1));
        assert!(!points(2, 1, 1));
    }

    #[test]
    fn the_last_line_names_the_result() {
        let last_line = |archived: &[(&str, u64, u64)], counted: &[(&str, u64)]| {
            let verdict = Verdict::new(&survey(archived), &counts(counted), SETTLED, false).to_string();
            verdict.lines().last().unwrap().to_owned()
        };
        assert_eq!(last_line(&[("a", 1, 0)], &[("a", 1)]), "Every count is right.");
        assert_eq!(
            last_line(&[("a", 1, 1)], &[("a", 1)]),
            "Every count is right, whether or not it includes the young likes."
        );
        assert_eq!(last_line(&[], &[]), "Nothing was judged: the archive holds no likes.");
        assert_eq!(
            last_line(&[("a", 0, 1)], &[]),
            "Nothing was judged: every like is too young. Run this again later, or with a shorter --margin."
        );
    }
}
