//! Likes that arrive on the shards of a stream.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use jiff::Timestamp;
use like::{LikeEvent, LikeId, MovieId};
use rand::{SeedableRng, rngs::StdRng};
use rand_distr::{Distribution, Exp, Zipf};

const SHARDS: u64 = 4;
/// Likes a second.
const RATE: f64 = 1_000.0;
const MOVIES: f64 = 200.0;
/// How much more popular the popular movies are: the exponent of a Zipf distribution.
const SKEW: f64 = 1.1;
const TIME: Duration = Duration::from_mins(1);

/// What likes are published under.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Like,
    Movie,
}

/// A like, and when it arrives.
pub(crate) struct Arrival {
    pub at: Duration,
    pub event: LikeEvent,
}

/// The likes of each shard, in order of arrival: a Poisson process, all of whose likes are below a shard's limit.
pub(crate) fn arrivals(key: Key, seed: u64) -> Vec<Vec<Arrival>> {
    let mut random = StdRng::seed_from_u64(seed);
    let (pauses, ranks) = (Exp::new(RATE).unwrap(), Zipf::new(MOVIES, SKEW).unwrap());
    let mut shards: Vec<_> = (0..SHARDS).map(|_| Vec::new()).collect();
    let mut at = Duration::ZERO;
    for number in 0_u64.. {
        at += Duration::from_secs_f64(pauses.sample(&mut random));
        if at > TIME {
            break;
        }
        let movie: MovieId = format!("{seed}-{}", ranks.sample(&mut random)).parse().unwrap();
        let shard = match key {
            Key::Like => shard_of((seed, number)),
            Key::Movie => shard_of(movie.as_str()),
        };
        let event = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie, None);
        shards[shard].push(Arrival { at, event });
    }
    shards
}

/// As Kinesis does it, but with another hash.
fn shard_of(key: impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    usize::try_from(hasher.finish() % SHARDS).unwrap()
}
