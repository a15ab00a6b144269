//! The movies whose likes spill over to other shards, because their own one is full.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use like::MovieId;
use tokio::time::Instant;

/// How long a movie's likes spill before its shard is tried again, at the price of one throttled record.
const TIME: Duration = Duration::from_mins(1);

/// The number of movies that are remembered. One that is forgotten costs a throttled record.
const MAX_MOVIES: usize = 10_000;

/// The movies that a function environment has found a full shard for, and when.
#[derive(Debug, Default)]
pub(crate) struct Spilling {
    movies: Mutex<HashMap<MovieId, Instant>>,
}

impl Spilling {
    /// Whether the movie's likes spill now.
    pub(crate) fn contains(&self, movie: &MovieId) -> bool {
        self.lock().get(movie).is_some_and(|since| since.elapsed() < TIME)
    }

    /// Lets the movie's likes spill from now on.
    pub(crate) fn add(&self, movie: &MovieId) {
        let mut movies = self.lock();
        if movies.len() >= MAX_MOVIES {
            movies.retain(|_, since| since.elapsed() < TIME);
        }
        if movies.len() >= MAX_MOVIES {
            movies.clear();
        }
        movies.insert(movie.clone(), Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MovieId, Instant>> {
        self.movies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_movie_spills_for_a_minute() {
        let (spilling, movie) = (Spilling::default(), "m".parse().unwrap());
        assert!(!spilling.contains(&movie));
        spilling.add(&movie);
        tokio::time::advance(Duration::from_millis(59_999)).await;
        assert!(spilling.contains(&movie) && !spilling.contains(&"other".parse().unwrap()));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!spilling.contains(&movie));
        spilling.add(&movie);
        assert!(spilling.contains(&movie));
    }

    #[test]
    fn no_more_movies_are_remembered_than_memory_allows_and_the_last_one_always() {
        let spilling = Spilling::default();
        for number in 0..25_000 {
            let movie = format!("m{number}").parse().unwrap();
            spilling.add(&movie);
            assert!(spilling.contains(&movie));
            assert!(spilling.lock().len() <= 10_000);
        }
    }
}
