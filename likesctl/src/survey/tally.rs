//! Counting the distinct likes of an archive.

use std::collections::HashMap;

use archive::{ArchiveError, Line};
use futures::{Stream, TryStreamExt};
use jiff::Timestamp;
use like::LikeEvent;
use xxhash_rust::xxh3::xxh3_128;

use super::{Likes, Survey};

/// What stands for a like in memory.
///
/// Among a billion likes, two share a hash of 128 bits with a probability of about 10⁻²¹.
pub(crate) type LikeHash = u128;

/// The hash of a like: of its key, so that all its copies have the same.
pub(crate) fn hash(like: &LikeEvent) -> LikeHash {
    xxh3_128(like.key().as_str().as_bytes())
}

/// What is known of a like from its copies.
#[derive(Debug, Clone, Copy)]
struct Noted {
    /// Every copy may still be on its way.
    young: bool,
    /// A copy may still be on the stream.
    on_stream: bool,
}

/// The distinct likes of each movie.
///
/// Its memory grows with the likes, by a few tens of bytes each, and not with the archive's bytes.
#[derive(Debug)]
pub(crate) struct Tally {
    /// What is younger may still be on its way.
    settled: Timestamp,
    /// What was archived later may still be on the stream.
    on_stream_since: Timestamp,
    movies: HashMap<String, HashMap<LikeHash, Noted>>,
    lines: u64,
    without_like: u64,
}

impl Tally {
    /// A tally that calls likes young when they were accepted after `settled`, and takes copies that were archived
    /// after `on_stream_since` to be still on the stream.
    pub(crate) fn new(settled: Timestamp, on_stream_since: Timestamp) -> Self {
        Self { settled, on_stream_since, movies: HashMap::new(), lines: 0, without_like: 0 }
    }

    /// Counts the likes in these lines.
    pub(crate) async fn of(
        lines: impl Stream<Item = Result<Line, ArchiveError>>,
        settled: Timestamp,
        on_stream_since: Timestamp,
    ) -> Result<Self, ArchiveError> {
        lines
            .try_fold(Self::new(settled, on_stream_since), async |mut tally, line| {
                tally.add(&line);
                Ok(tally)
            })
            .await
    }

    /// Takes note of a line of the archive. A like is young when it, or every copy of it, may still be on its way.
    pub(crate) fn add(&mut self, line: &Line) {
        self.lines += 1;
        let Some(event) = &line.like else {
            self.without_like += 1;
            return;
        };
        // An object that was just written holds likes that were just accepted, whenever they were clicked.
        let young = line.written > self.settled.as_second() || event.liked_at() > self.settled;
        // A record reaches the stream before the archive, so it leaves the stream before this says so.
        let on_stream = line.written >= self.on_stream_since.as_second();
        let likes = self.movies.entry(event.movie_id.to_string()).or_default();
        let noted = likes.entry(hash(event)).or_insert(Noted { young: true, on_stream: false });
        noted.young &= young;
        noted.on_stream |= on_stream;
    }

    /// Whether a like was noted and is not young.
    pub(crate) fn is_settled(&self, like: &LikeEvent) -> bool {
        self.noted(like).is_some_and(|noted| !noted.young)
    }

    /// Whether a copy of a like may still be on the stream.
    pub(crate) fn is_on_stream(&self, like: &LikeEvent) -> bool {
        self.noted(like).is_some_and(|noted| noted.on_stream)
    }

    fn noted(&self, like: &LikeEvent) -> Option<&Noted> {
        self.movies.get(like.movie_id.as_str())?.get(&hash(like))
    }

    /// The number of likes of each movie.
    pub(crate) fn survey(&self) -> Survey {
        let movies = self.movies.iter().map(|(movie, likes)| {
            let young = likes.values().filter(|noted| noted.young).count() as u64;
            (movie.clone(), Likes { archived: likes.len() as u64 - young, young })
        });
        Survey { movies: movies.collect(), lines: self.lines, without_like: self.without_like }
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn settled() -> Timestamp {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    /// A line with a like of `movie` by a user, clicked so many seconds after the likes that are settled.
    fn line(movie: &str, user: u8, seconds: i64) -> Line {
        let id = LikeId::new(settled() + seconds.seconds());
        let user = format!("u{user}").parse().unwrap();
        let like = LikeEvent::new(id, movie.parse().unwrap(), Some(user));
        Line { like: Some(like), written: settled().as_second() }
    }

    fn tally<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Tally {
        let mut tally = Tally::new(settled(), settled() - 1.hour());
        lines.into_iter().for_each(|line| tally.add(line));
        tally
    }

    fn likes(survey: &Survey) -> Vec<(&str, u64, u64)> {
        survey.movies.iter().map(|(movie, likes)| (movie.as_str(), likes.archived, likes.young)).collect()
    }

    #[test]
    fn copies_are_one_like() {
        let survey = tally(&[line("a", 1, 0), line("a", 2, 0), line("a", 1, 0), line("b", 1, 0)]).survey();
        assert_eq!(likes(&survey), [("a", 2, 0), ("b", 1, 0)]);
        assert_eq!((survey.lines, survey.without_like), (4, 0));
    }

    #[test]
    fn what_was_clicked_or_written_lately_is_young() {
        let written = Line { written: settled().as_second() + 1, ..line("a", 3, -3600) };
        let tally = tally(&[line("a", 1, 0), line("a", 2, 1), written.clone()]);
        assert_eq!(likes(&tally.survey()), [("a", 1, 2)]);
        assert!(tally.is_settled(line("a", 1, 0).like.as_ref().unwrap()));
        assert!(!tally.is_settled(written.like.as_ref().unwrap()));
        assert!(!tally.is_settled(line("a", 4, 0).like.as_ref().unwrap()), "it was never noted");
    }

    #[test]
    fn an_old_copy_of_a_young_like_makes_it_old() {
        for lines in [[line("a", 1, 1), line("a", 1, 0)], [line("a", 1, 0), line("a", 1, 1)]] {
            assert_eq!(likes(&tally(&lines).survey()), [("a", 1, 0)]);
        }
    }

    #[test]
    fn a_like_is_on_the_stream_while_any_copy_of_it_may_be() {
        let old = Line { written: settled().as_second() - 3601, ..line("a", 1, -9000) };
        let like = old.like.clone().unwrap();
        assert!(!tally([&old]).is_on_stream(&like));
        let lately = Line { written: settled().as_second() - 3600, ..old.clone() };
        for lines in [[&old, &lately], [&lately, &old]] {
            let tally = tally(lines);
            assert!(tally.is_on_stream(&like) && tally.is_settled(&like));
        }
    }

    #[test]
    fn lines_without_a_like_are_counted_apart() {
        let survey = tally(&[Line { like: None, written: 0 }]).survey();
        assert_eq!((survey.lines, survey.without_like, survey.movies.len()), (1, 1, 0));
    }

    proptest! {
        #[test]
        fn whatever_the_order_of_the_lines_the_survey_is_the_same(
            (lines, shuffled) in proptest::collection::vec((0..3_u8, 0..10_u8, 0..2_i64), 0..60)
                .prop_map(|picks| picks.into_iter().map(|(m, n, s)| line(&format!("m{m}"), n, s)).collect::<Vec<_>>())
                .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        ) {
            prop_assert_eq!(tally(&shuffled).survey(), tally(&lines).survey());
        }
    }
}
