//! A set of likes, each with two flags, in as little memory as possible.

use std::array;

use hashbrown::{HashTable, hash_table::Entry};

use crate::LikeHash;

/// How many tables the set is split into. Only one of them grows at a time, so growing takes little memory.
const PARTITIONS: usize = 256;

/// What is known of a like from its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flags {
    /// No copy is old enough to judge.
    pub young: bool,
    /// A copy may still be on the stream.
    pub on_stream: bool,
}

impl Flags {
    /// What is known from the copies of both.
    fn and(self, other: Self) -> Self {
        Self { young: self.young && other.young, on_stream: self.on_stream || other.on_stream }
    }
}

/// A like in 12 bytes: 94 bits of its hash, and the flags in the lowest bits of the last word.
#[derive(Debug, Clone, Copy)]
struct Noted([u32; 3]);

const YOUNG: u32 = 0b01;
const ON_STREAM: u32 = 0b10;

impl Noted {
    #[expect(clippy::cast_possible_truncation, reason = "each word takes its part of the hash")]
    fn new(LikeHash(hash): LikeHash, flags: Flags) -> Self {
        let mut noted = Self([(hash >> 64) as u32, (hash >> 32) as u32, hash as u32]);
        noted.set_flags(flags);
        noted
    }

    fn flags(self) -> Flags {
        let Self([.., last]) = self;
        Flags { young: last & YOUNG != 0, on_stream: last & ON_STREAM != 0 }
    }

    fn set_flags(&mut self, Flags { young, on_stream }: Flags) {
        let Self([.., last]) = self;
        *last &= !(YOUNG | ON_STREAM);
        *last |= if young { YOUNG } else { 0 } | if on_stream { ON_STREAM } else { 0 };
    }

    fn is_same_like(self, other: Self) -> bool {
        let without_flags =
            |Self([first, second, third]): Self| [first, second, third & !(YOUNG | ON_STREAM)];
        without_flags(self) == without_flags(other)
    }

    /// Its hash within a partition.
    fn hash(&self) -> u64 {
        let Self([first, second, _]) = *self;
        u64::from(first) << 32 | u64::from(second)
    }
}

/// What noting a copy of a like changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It is the first copy of the like.
    New,
    /// The like was young, and this copy is not.
    NoLongerYoung,
    /// Nothing that counts.
    Nothing,
}

/// A set of likes.
///
/// A like is known by its partition and 94 bits of its hash, about 102 bits in all: among a billion likes, two are taken
/// for one with a probability of about 10⁻¹³ (half of 10¹⁸ pairs, divided by 2¹⁰²).
#[derive(Debug)]
pub(crate) struct LikeSet {
    partitions: Box<[HashTable<Noted>; PARTITIONS]>,
}

impl LikeSet {
    pub(crate) fn new() -> Self {
        Self { partitions: Box::new(array::from_fn(|_| HashTable::new())) }
    }

    /// Notes a copy of a like.
    pub(crate) fn note(&mut self, hash: LikeHash, flags: Flags) -> Change {
        let noted = Noted::new(hash, flags);
        let Some(partition) = self.partitions.get_mut(partition(hash)) else { return Change::Nothing };
        match partition.entry(noted.hash(), |other| noted.is_same_like(*other), Noted::hash) {
            Entry::Vacant(entry) => {
                entry.insert(noted);
                Change::New
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let before = known.flags();
                let after = before.and(flags);
                known.set_flags(after);
                if before.young && !after.young { Change::NoLongerYoung } else { Change::Nothing }
            }
        }
    }

    /// What is known of a like; nothing if no copy of it was noted.
    pub(crate) fn get(&self, hash: LikeHash) -> Option<Flags> {
        let noted = Noted::new(hash, Flags { young: false, on_stream: false });
        let partition = self.partitions.get(partition(hash))?;
        partition.find(noted.hash(), |other| noted.is_same_like(*other)).map(|noted| noted.flags())
    }
}

/// The partition of a like, by bits of its hash that [`Noted`] leaves out.
///
/// The last partition gets twice as many likes as the first, and those between rise evenly in proportion. A table doubles
/// when it is 7/8 full. If all partitions had the same size, they would all double at once and be almost half empty
/// afterwards: 14.9 to 29.7 bytes a like (12, and hashbrown's control byte). Staggered like this, they take 20.6 to 21.9
/// bytes a like at any size.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn partition(LikeHash(hash): LikeHash) -> usize {
    let fraction = f64::from((hash >> 96) as u32) / f64::from(u32::MAX);
    let index = (1.0 + fraction).log2() * PARTITIONS as f64;
    (index as usize).min(PARTITIONS - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTLED: Flags = Flags { young: false, on_stream: false };

    #[test]
    fn a_like_is_told_from_another_by_any_bit_but_the_flags() {
        let mut set = LikeSet::new();
        assert_eq!(set.note(LikeHash(0), SETTLED), Change::New);
        for bit in 2..96 {
            assert_eq!(set.note(LikeHash(1 << bit), SETTLED), Change::New, "{bit}");
        }
        for low in 0..4 {
            assert_eq!(set.note(LikeHash(low), SETTLED), Change::Nothing, "{low}");
        }
    }

    #[test]
    fn the_last_partition_gets_twice_as_many_likes_as_the_first() {
        let mut sizes = [0_u32; PARTITIONS];
        for prefix in 0..1_u128 << 20 {
            sizes[partition(LikeHash(prefix << 108))] += 1;
        }
        let (first, last) = (f64::from(sizes[0]), f64::from(sizes[PARTITIONS - 1]));
        assert!((1.98..2.02).contains(&(last / first)), "{first} {last}");
        assert!(sizes.is_sorted_by(|smaller, larger| *smaller <= larger + 1), "{sizes:?}");
        assert_eq!(partition(LikeHash(u128::MAX)), PARTITIONS - 1);
    }
}
