//! What stands for a like in memory.

use std::{hash::BuildHasher, sync::LazyLock};

use like::LikeEvent;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The seed of this process. Clients choose the ids in a like's key, so with a seed that they know they could make two
/// likes look like one.
static SEED: LazyLock<u64> = LazyLock::new(|| std::hash::RandomState::new().hash_one(0));

/// The hash of a like's key, which all copies of the like have in common. It differs from process to process.
///
/// Among a billion likes, two share a hash of 128 bits with a probability of about 10⁻²¹.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LikeHash(pub(crate) u128);

impl LikeHash {
    /// The hash of a like.
    #[must_use]
    pub fn of(like: &LikeEvent) -> Self {
        Self(xxh3_128_with_seed(like.key().as_str().as_bytes(), *SEED))
    }
}
