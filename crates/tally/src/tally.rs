//! Counting the distinct likes of an archive.

use std::hash::RandomState;

use archive::Line;
use hashbrown::HashMap;
use jiff::Timestamp;
use like::LikeEvent;

use crate::{
    LikeHash, Likes, Survey,
    like_set::{Change, Flags, LikeSet},
};

/// The distinct likes of each movie.
///
/// Its memory grows with the distinct likes and the movies, not with the archive's bytes.
#[derive(Debug)]
pub struct Tally {
    /// Likes accepted later may not be counted yet.
    settled: Timestamp,
    /// Copies archived since then may still be on the stream.
    on_stream_since: Timestamp,
    /// The likes of all movies: the movie is part of a like's key.
    likes: LikeSet,
    movies: HashMap<String, Likes, RandomState>,
    lines: u64,
    without_like: u64,
}

impl Tally {
    /// A tally that calls likes young when they were accepted after `settled`, and assumes that copies archived since
    /// `on_stream_since` are still on the stream.
    #[must_use]
    pub fn new(settled: Timestamp, on_stream_since: Timestamp) -> Self {
        Self {
            settled,
            on_stream_since,
            likes: LikeSet::new(),
            movies: HashMap::default(),
            lines: 0,
            without_like: 0,
        }
    }

    /// Counts a line of the archive. A like stays young until a copy of it is found that is old enough.
    pub fn add(&mut self, line: &Line) {
        self.lines += 1;
        let Some(event) = &line.like else {
            self.without_like += 1;
            return;
        };
        let flags = Flags {
            // An object that was just written holds likes that were just accepted, whenever they were clicked.
            young: line.written > self.settled.as_second() || event.liked_at() > self.settled,
            // A record reaches the stream before the archive, so it leaves the stream before its object is as old.
            on_stream: line.written >= self.on_stream_since.as_second(),
        };
        let movie = self.movies.entry_ref(event.movie_id.as_str()).or_default();
        match self.likes.note(LikeHash::of(event), flags) {
            Change::New if flags.young => movie.young += 1,
            Change::New => movie.archived += 1,
            Change::NoLongerYoung => {
                movie.young -= 1;
                movie.archived += 1;
            }
            Change::Nothing => {}
        }
    }

    /// Whether the archive holds a copy of a like.
    #[must_use]
    pub fn contains(&self, like: &LikeEvent) -> bool {
        self.likes.get(LikeHash::of(like)).is_some()
    }

    /// Whether the archive holds a copy of a like that is not young.
    #[must_use]
    pub fn is_settled(&self, like: &LikeEvent) -> bool {
        self.likes.get(LikeHash::of(like)).is_some_and(|flags| !flags.young)
    }

    /// Whether a copy of a like may still be on the stream.
    #[must_use]
    pub fn is_on_stream(&self, like: &LikeEvent) -> bool {
        self.likes.get(LikeHash::of(like)).is_some_and(|flags| flags.on_stream)
    }

    /// The number of likes of each movie.
    #[must_use]
    pub fn survey(&self) -> Survey {
        let movies = self.movies.iter().map(|(movie, likes)| (movie.clone(), *likes));
        Survey { movies: movies.collect(), lines: self.lines, without_like: self.without_like }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::ToSpan;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn settled() -> Timestamp {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    fn on_stream_since() -> Timestamp {
        settled() - 1.hour()
    }

    /// A line with a like of `movie` by a user, clicked so many seconds after the last settled like.
    fn line(movie: &str, user: u8, seconds: i64) -> Line {
        let id = LikeId::new(settled() + seconds.seconds());
        let user = format!("u{user}").parse().unwrap();
        let like = LikeEvent::new(id, movie.parse().unwrap(), Some(user));
        Line { like: Some(like), written: settled().as_second() }
    }

    fn tally<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Tally {
        let mut tally = Tally::new(settled(), on_stream_since());
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
    fn a_like_that_was_clicked_or_archived_lately_is_young() {
        let written = Line { written: settled().as_second() + 1, ..line("a", 3, -3600) };
        let tally = tally(&[line("a", 1, 0), line("a", 2, 1), written.clone()]);
        assert_eq!(likes(&tally.survey()), [("a", 1, 2)]);
        assert!(tally.is_settled(line("a", 1, 0).like.as_ref().unwrap()));
        assert!(!tally.is_settled(written.like.as_ref().unwrap()));
        assert!(!tally.is_settled(line("a", 4, 0).like.as_ref().unwrap()), "the archive does not hold it");
    }

    #[test]
    fn a_like_with_an_old_copy_is_not_young() {
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
    fn lines_without_a_like_are_counted_separately() {
        let survey = tally(&[Line { like: None, written: 0 }]).survey();
        assert_eq!((survey.lines, survey.without_like, survey.movies.len()), (1, 1, 0));
    }

    /// The same as a [`Tally`], by looking at all lines for each question.
    struct Model(Vec<Line>);

    impl Model {
        fn copies<'a>(&'a self, like: &LikeEvent) -> impl Iterator<Item = (&'a LikeEvent, i64)> {
            let key = like.key();
            let likes = self.0.iter().filter_map(|line| Some((line.like.as_ref()?, line.written)));
            likes.filter(move |(like, _)| like.key() == key)
        }

        fn is_settled(&self, like: &LikeEvent) -> bool {
            self.copies(like)
                .any(|(copy, written)| copy.liked_at() <= settled() && written <= settled().as_second())
        }

        fn is_on_stream(&self, like: &LikeEvent) -> bool {
            self.copies(like).any(|(_, written)| written >= on_stream_since().as_second())
        }

        fn survey(&self) -> Survey {
            let likes = self.0.iter().filter_map(|line| line.like.as_ref());
            let distinct: BTreeMap<_, _> = likes.map(|like| (like.key(), like)).collect();
            let mut survey = Survey { lines: self.0.len() as u64, ..Survey::default() };
            survey.without_like = self.0.iter().filter(|line| line.like.is_none()).count() as u64;
            for like in distinct.values() {
                let likes = survey.movies.entry(like.movie_id.to_string()).or_default();
                *if self.is_settled(like) { &mut likes.archived } else { &mut likes.young } += 1;
            }
            survey
        }
    }

    /// A line of few movies, users and times, so that there are many copies; with the times at which a like becomes
    /// young and a copy leaves the stream.
    fn any_line() -> impl Strategy<Value = Line> {
        let seconds = proptest::sample::select(vec![-3601, -3600, 0, 1]);
        let like =
            (0..3_u8, 0..6_u8, seconds.clone(), seconds).prop_map(|(movie, user, clicked, written)| {
                let written = settled().as_second() + written;
                Line { written, ..line(&format!("m{movie}"), user, clicked) }
            });
        prop_oneof![9 => like, 1 => Just(Line { like: None, written: 0 })]
    }

    proptest! {
        #[test]
        fn in_any_order_of_the_lines_a_tally_is_what_the_model_says(
            (lines, shuffled) in proptest::collection::vec(any_line(), 0..60)
                .prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        ) {
            let (model, tally) = (Model(lines), tally(&shuffled));
            prop_assert_eq!(tally.survey(), model.survey());
            let others = [line("m0", 6, 0), line("m3", 0, 0)];
            for like in model.0.iter().chain(&others).filter_map(|line| line.like.as_ref()) {
                prop_assert_eq!(tally.contains(like), model.copies(like).next().is_some());
                prop_assert_eq!(tally.is_settled(like), model.is_settled(like));
                prop_assert_eq!(tally.is_on_stream(like), model.is_on_stream(like));
            }
        }
    }
}
