//! Which like is posted when: generated as it is due, so a load of hours takes no more memory than one of seconds.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use like::LikeId;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, Zipf};

use super::Load;

/// How many of the last likes a duplicate may be a copy of.
const RECENT: usize = 1000;

/// A like, shared by all its copies.
#[derive(Debug)]
pub(super) struct Like {
    /// The movie's rank: 0 is liked most.
    pub movie: usize,
    pub key: LikeId,
    accepted: AtomicBool,
}

impl Like {
    fn new(movie: usize) -> Self {
        let key = LikeId::new(Timestamp::now());
        Self { movie, key, accepted: AtomicBool::new(false) }
    }

    /// Marks the like as accepted; true only the first time.
    pub(super) fn accept(&self) -> bool {
        !self.accepted.swap(true, Ordering::Relaxed)
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }
}

/// A like to post.
#[derive(Debug, Clone)]
pub(super) struct Post {
    pub like: Arc<Like>,
    /// Whether the like was posted before.
    pub is_duplicate: bool,
}

/// Likes at a steady rate, over movies of which the first are liked most.
#[derive(Debug)]
pub(super) struct Schedule {
    random: StdRng,
    /// The command line rejects every number of movies and skew for which there is no such distribution.
    ranks: Option<Zipf<f64>>,
    duplicates: f64,
    rate: u64,
    number: u64,
    duration: Duration,
    /// The last likes that were posted, the oldest first.
    recent: VecDeque<Arc<Like>>,
}

impl Schedule {
    pub(super) fn new(load: &Load) -> Self {
        Self {
            random: StdRng::seed_from_u64(load.seed),
            ranks: Zipf::new(f64::from(load.movies), load.skew).ok(),
            duplicates: load.duplicates,
            rate: load.rate.into(),
            number: 0,
            duration: load.duration.unsigned_abs(),
            recent: VecDeque::with_capacity(RECENT),
        }
    }

    /// How many posts there are in all.
    pub(super) fn posts(&self) -> u64 {
        let posts = (self.duration.as_nanos() * u128::from(self.rate)).div_ceil(1_000_000_000);
        u64::try_from(posts).unwrap_or(u64::MAX)
    }

    pub(super) fn duration(&self) -> Duration {
        self.duration
    }

    /// When the next post is due, from the start; none after the last.
    pub(super) fn due(&self) -> Option<Duration> {
        let nanoseconds = (self.number % self.rate) * 1_000_000_000 / self.rate;
        let due = Duration::from_secs(self.number / self.rate) + Duration::from_nanos(nanoseconds);
        (due < self.duration).then_some(due)
    }

    /// The next post. The key of a new like is created now, so it is to be posted now.
    pub(super) fn next(&mut self) -> Post {
        self.number += 1;
        if self.random.random_bool(self.duplicates) && !self.recent.is_empty() {
            let index = self.random.random_range(0..self.recent.len());
            if let Some(like) = self.recent.get(index) {
                return Post { like: Arc::clone(like), is_duplicate: true };
            }
        }
        Post { like: Arc::new(Like::new(self.rank())), is_duplicate: false }
    }

    /// Lets later posts be copies of this one, if it is not a copy itself.
    pub(super) fn posted(&mut self, post: &Post) {
        if post.is_duplicate {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(Arc::clone(&post.like));
    }

    fn rank(&mut self) -> usize {
        let rank = self.ranks.map_or(1.0, |ranks| ranks.sample(&mut self.random));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank is a whole number from 1 to the number of movies"
        )]
        let rank = rank as usize;
        rank - 1
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, iter};

    use super::*;
    use crate::load::tests::load;

    /// All posts, and when they are due.
    fn posts(load: &Load) -> Vec<(Duration, Post)> {
        let mut schedule = Schedule::new(load);
        iter::from_fn(|| {
            let due = schedule.due()?;
            let post = schedule.next();
            schedule.posted(&post);
            Some((due, post))
        })
        .collect()
    }

    #[test]
    fn posts_are_due_at_a_steady_rate_for_the_whole_duration() {
        let posts = posts(&load());
        assert_eq!(posts.len(), 1000);
        assert_eq!(Schedule::new(&load()).posts(), 1000);
        for (number, (due, _)) in (0..).zip(&posts) {
            assert_eq!(*due, Duration::from_millis(10 * number));
        }
    }

    #[test]
    fn a_rate_that_does_not_divide_a_second_does_not_drift() {
        let schedule = Schedule { number: 3 * 3600 * 7 + 6, rate: 7, ..Schedule::new(&load()) };
        let schedule = Schedule { duration: Duration::from_hours(4), ..schedule };
        assert_eq!(schedule.due(), Some(Duration::from_hours(3) + Duration::from_nanos(857_142_857)));
        assert_eq!(schedule.posts(), 4 * 3600 * 7);
    }

    #[test]
    fn a_duplicate_is_a_copy_of_a_recent_like_with_the_same_key() {
        let load = Load { duration: "100s".parse().unwrap(), ..load() };
        let mut first_posts = Vec::new();
        let mut duplicates = 0;
        for (_, Post { like, is_duplicate }) in posts(&load) {
            if is_duplicate {
                duplicates += 1;
                let recent = first_posts.iter().rev().take(RECENT);
                assert!(recent.into_iter().any(|&key| key == like.key));
            } else {
                first_posts.push(like.key);
            }
        }
        assert!((1800..2200).contains(&duplicates), "{duplicates}");
    }

    #[test]
    fn the_schedule_keeps_no_more_than_the_recent_likes() {
        let mut schedule = Schedule::new(&Load { duplicates: 0.0, ..load() });
        let first = schedule.next();
        schedule.posted(&first);
        for _ in 0..RECENT {
            let post = schedule.next();
            schedule.posted(&post);
        }
        assert_eq!(schedule.recent.len(), RECENT);
        assert_eq!(Arc::strong_count(&first.like), 1);
    }

    #[test]
    fn a_like_that_was_not_posted_has_no_copies() {
        let mut schedule = Schedule::new(&Load { duplicates: 1.0, ..load() });
        assert!(!schedule.next().is_duplicate);
        let second = schedule.next();
        assert!(!second.is_duplicate);
        schedule.posted(&second);
        let third = schedule.next();
        assert_eq!((third.is_duplicate, third.like.key), (true, second.like.key));
    }

    #[test]
    fn a_key_is_created_when_its_like_is_due() {
        let mut schedule = Schedule::new(&load());
        let before = Timestamp::now().as_millisecond();
        let like = schedule.next().like;
        assert!((before..=Timestamp::now().as_millisecond()).contains(&like.key.time().as_millisecond()));
    }

    #[test]
    fn the_first_movies_are_liked_most_unless_there_is_no_skew() {
        let most = |skew| {
            let mut counts: HashMap<usize, usize> = HashMap::new();
            for (_, post) in posts(&Load { skew, ..load() }) {
                *counts.entry(post.like.movie).or_default() += 1;
            }
            assert!(counts.keys().all(|&movie| movie < 20));
            counts.into_iter().max_by_key(|&(_, likes)| likes).unwrap()
        };
        let (movie, likes) = most(1.0);
        assert_eq!(movie, 0);
        assert!(likes > 200, "{likes}");
        assert!(most(0.0).1 < 100);
    }

    #[test]
    fn one_seed_makes_one_schedule_with_other_keys() {
        let shape = |seed| {
            let posts = posts(&Load { seed, ..load() });
            posts.iter().map(|(_, post)| (post.like.movie, post.is_duplicate)).collect::<Vec<_>>()
        };
        assert_eq!(shape(7), shape(7));
        assert_ne!(shape(7), shape(8));
        assert_ne!(posts(&load())[0].1.like.key, posts(&load())[0].1.like.key);
    }
}
