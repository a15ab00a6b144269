//! Which like is posted when.

use std::time::Duration;

use jiff::Timestamp;
use like::LikeId;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rand_distr::{Distribution, Zipf};

use super::Load;

/// A like that is to be posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    /// When, from the start.
    pub due: Duration,
    pub movie: String,
    pub key: LikeId,
    /// Whether the like was posted before.
    pub duplicate: bool,
}

/// Makes a schedule: posts at a steady rate, over movies of a run's own, the first of which are liked most.
pub(crate) fn schedule(load: &Load) -> Vec<Post> {
    let mut random = StdRng::seed_from_u64(load.seed);
    let run = LikeId::new(Timestamp::now()).to_string();
    // The command line allows no number of movies and no skew for which there is no such distribution.
    let ranks = Zipf::new(f64::from(load.movies), load.skew).ok();
    let mut posts: Vec<Post> = Vec::new();
    for number in 0.. {
        let due = Duration::from_secs(1).mul_f64(f64::from(number) / f64::from(load.rate));
        if due >= load.duration.unsigned_abs() {
            break;
        }
        let copied =
            if random.random_bool(load.duplicates) { posts.choose(&mut random).cloned() } else { None };
        posts.push(copied.map_or_else(
            || {
                let rank = ranks.map_or(1.0, |ranks| ranks.sample(&mut random));
                let key = LikeId::new(Timestamp::now());
                Post { due, movie: format!("load-{run}-{rank}"), key, duplicate: false }
            },
            |first| Post { due, duplicate: true, ..first },
        ));
    }
    posts
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use jiff::SignedDuration;

    use super::*;

    fn load() -> Load {
        Load {
            rate: 100,
            duration: SignedDuration::from_secs(10),
            movies: 20,
            skew: 1.0,
            duplicates: 0.2,
            seed: 7,
        }
    }

    #[test]
    fn posts_are_due_at_a_steady_rate_for_the_whole_duration() {
        let posts = schedule(&load());
        assert_eq!(posts.len(), 1000);
        assert_eq!(posts[0].due, Duration::ZERO);
        assert_eq!(posts[999].due, Duration::from_millis(9990));
    }

    #[test]
    fn a_duplicate_is_a_like_of_before_and_any_other_is_new() {
        let posts = schedule(&load());
        let mut seen = HashSet::new();
        for post in &posts {
            assert_eq!(!seen.insert((post.movie.clone(), post.key)), post.duplicate);
        }
        let duplicates = posts.iter().filter(|post| post.duplicate).count();
        assert!((150..250).contains(&duplicates), "{duplicates}");
    }

    #[test]
    fn the_first_movies_are_liked_most_unless_there_is_no_skew() {
        let most = |skew| {
            let mut counts: HashMap<String, usize> = HashMap::new();
            for post in schedule(&Load { skew, ..load() }) {
                *counts.entry(post.movie).or_default() += 1;
            }
            assert!(counts.len() <= 20);
            counts.into_values().max().unwrap()
        };
        assert!(most(1.0) > 200);
        assert!(most(0.0) < 100);
    }

    #[test]
    fn one_seed_makes_one_schedule_on_other_movies() {
        let [one, other] = [schedule(&load()), schedule(&load())];
        let shape = |posts: &[Post]| posts.iter().map(|post| (post.due, post.duplicate)).collect::<Vec<_>>();
        assert_eq!(shape(&one), shape(&other));
        assert_ne!(one[0].movie, other[0].movie);
    }
}
