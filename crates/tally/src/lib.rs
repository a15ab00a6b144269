//! Counts the distinct likes of an archive.
//!
//! The archive holds copies of a like wherever a record was retried or delivered more than once. A [`Tally`] recognizes
//! them, in about 20 bytes of memory a like, and sums up each movie's likes as a [`Survey`].

mod like_hash;
mod like_set;
mod survey;
mod tally;

pub use like_hash::LikeHash;
pub use survey::{Likes, Survey};
pub use tally::Tally;
