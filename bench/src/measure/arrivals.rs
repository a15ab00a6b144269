//! Likes that arrive on the shards of a stream, at a fixed rate.

use std::{collections::VecDeque, time::Instant};

use crate::{
    aws::shard_of_key,
    events::{Events, movie},
};

/// Likes that `IngestLike` publishes. Those of a movie are on one shard, by the hash of its id: none is full at this rate, so
/// none spills.
#[derive(Debug)]
pub(super) struct Arrivals {
    events: Events,
    a_second: f64,
    start: Instant,
    /// How many have arrived.
    arrived: u64,
    /// The movies of the likes that wait on each shard, by rank.
    shards: Vec<VecDeque<u32>>,
}

impl Arrivals {
    /// Likes that arrive from now on.
    pub(super) fn new(events: Events, a_second: f64, shards: u32) -> Self {
        let shards = (0..shards).map(|_| VecDeque::new()).collect();
        Self { events, a_second, start: Instant::now(), arrived: 0, shards }
    }

    /// The number of likes that wait on a shard.
    pub(super) fn waiting(&mut self, shard: u32) -> usize {
        self.arrive(Instant::now());
        self.shards.get(shard as usize).map_or(0, VecDeque::len)
    }

    /// The movies of the next likes of a shard, as many as are there but not more than `most`.
    pub(super) fn take(&mut self, shard: u32, most: usize) -> Vec<u32> {
        self.arrive(Instant::now());
        let waiting = self.shards.get_mut(shard as usize);
        waiting.map_or_else(Vec::new, |waiting| waiting.drain(..most.min(waiting.len())).collect())
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is not negative")]
    fn arrive(&mut self, now: Instant) {
        let by_now = (self.a_second * now.duration_since(self.start).as_secs_f64()) as u64;
        for _ in self.arrived..by_now {
            let rank = self.events.rank();
            let shard = shard_of_key(&movie(rank), self.shards.len());
            if let Some(waiting) = self.shards.get_mut(shard) {
                waiting.push_back(rank);
            }
        }
        self.arrived = by_now;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::events::Popularity;

    #[test]
    fn a_movies_likes_are_on_one_shard_and_all_that_arrived_are_taken_once() {
        let mut arrivals = Arrivals::new(Events::new(Popularity::Zipf, 1), 1000.0, 4);
        arrivals.arrive(arrivals.start + Duration::from_secs(4));
        // No more arrive while they are taken.
        arrivals.a_second = 0.0;
        let arrived = arrivals.arrived;
        let mut shard_by_movie = BTreeMap::new();
        let mut taken = 0;
        for shard in 0..4 {
            let waiting = arrivals.shards[shard].len();
            assert!(waiting > 100, "{shard} has {waiting}");
            while let Some(rank) = arrivals.shards[shard].pop_front() {
                assert_eq!(*shard_by_movie.entry(rank).or_insert(shard), shard);
                taken += 1;
            }
        }
        assert_eq!((taken, arrived), (4000, 4000));
    }
}
