//! The cells of a movie's count.
//!
//! A count is the sum of its cells. A movie has one, its item in the table of counts, until transactions conflict on it;
//! then it gets more, so that shards add to different items. Its item says in `cells` how many there are. The other cells
//! are items of the same table, with keys such as `tt0111161#1`: no movie's id contains `#`.
//!
//! Two rules hold at any time, since cells are made and removed in the transaction that changes `cells`:
//! - cell `n` exists if and only if the movie's item has `cells` greater than `n`;
//! - a transaction adds to a cell only if it exists.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The number of cells of a movie's count: 1 to [`Self::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8")]
pub struct Cells(u8);

/// The number is not one of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not 1 to {max} cells: {0}", max = Cells::MAX.0)]
pub struct NotCells(u8);

impl Cells {
    /// The movie's item alone.
    pub const ONE: Self = Self(1);
    /// The most. All of them are folded in one transaction, which has at most 100 actions.
    pub const MAX: Self = Self(64);

    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Twice as many, up to [`Self::MAX`]; `None` if there are that many.
    #[must_use]
    pub fn doubled(self) -> Option<Self> {
        (self < Self::MAX).then(|| Self((self.0 * 2).min(Self::MAX.0)))
    }

    /// The cell that a shard adds to. As many shards as there are cells have one each, if their numbers are consecutive.
    #[must_use]
    pub fn of_shard(self, shard: u64) -> Cell {
        let index = u8::try_from(shard % u64::from(self.0)).unwrap_or_default();
        Cell { index, of: self }
    }

    /// The first cell: the movie's item.
    #[must_use]
    pub fn first(self) -> Cell {
        Cell { index: 0, of: self }
    }

    /// All cells but the first.
    pub fn others(self) -> impl Iterator<Item = Cell> {
        (1..self.0).map(move |index| Cell { index, of: self })
    }
}

impl Default for Cells {
    fn default() -> Self {
        Self::ONE
    }
}

impl TryFrom<u8> for Cells {
    type Error = NotCells;

    fn try_from(number: u8) -> Result<Self, NotCells> {
        if (1..=Self::MAX.0).contains(&number) { Ok(Self(number)) } else { Err(NotCells(number)) }
    }
}

/// A cell, by its index among so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    index: u8,
    of: Cells,
}

impl Cell {
    /// The only cell of a count.
    pub const ONLY: Self = Self { index: 0, of: Cells::ONE };
    /// The first cell, however many there are.
    pub const FIRST: Self = Self { index: 0, of: Cells::MAX };

    /// The index: 0 for the movie's item.
    #[must_use]
    pub fn index(self) -> u8 {
        self.index
    }

    /// How many cells the count has.
    #[must_use]
    pub fn of(self) -> Cells {
        self.of
    }

    /// The key of the item in the table of counts.
    #[must_use]
    pub fn key(self, movie: &str) -> String {
        match self.index {
            0 => movie.to_owned(),
            index => format!("{movie}#{index}"),
        }
    }
}

/// The movie whose cell has this key.
#[must_use]
pub fn movie_of_key(key: &str) -> &str {
    key.split_once('#').map_or(key, |(movie, _)| movie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cell_has_the_movies_key_and_the_others_have_a_number() {
        let cells = Cells::ONE.doubled().and_then(Cells::doubled).unwrap();
        let keys: Vec<_> =
            [cells.first()].into_iter().chain(cells.others()).map(|cell| cell.key("m")).collect();
        assert_eq!(keys, ["m", "m#1", "m#2", "m#3"]);
        assert!(keys.iter().all(|key| movie_of_key(key) == "m"));
        assert_eq!(Cells::ONE.others().count(), 0);
    }

    #[test]
    fn cells_are_doubled_up_to_64() {
        let numbers: Vec<_> =
            std::iter::successors(Some(Cells::ONE), |cells| cells.doubled()).map(Cells::number).collect();
        assert_eq!(numbers, [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!(Cells(48).doubled(), Some(Cells::MAX));
    }

    #[test]
    fn consecutive_shards_have_a_cell_each() {
        let cells = Cells(4);
        assert_eq!([6, 7, 8, 9].map(|shard| cells.of_shard(shard).index()), [2, 3, 0, 1]);
        assert_eq!(Cells::ONE.of_shard(u64::MAX), Cell::ONLY);
    }

    #[test]
    fn a_number_of_cells_is_1_to_64() {
        assert_eq!([0, 1, 64, 65].map(|number| Cells::try_from(number).is_ok()), [false, true, true, false]);
        assert_eq!(NotCells(65).to_string(), "not 1 to 64 cells: 65");
    }
}
