//! The contract: what a like is, how it travels and by which key it is remembered.
//!
//! Everything here is pure; the handlers do the I/O.

mod event;
mod like_id;
mod like_key;
mod movie_id;
mod name;
mod user_id;

pub use event::{DecodeError, LikeEvent};
pub use like_id::{InvalidLikeId, LikeId, OutsideAcceptance};
pub use like_key::LikeKey;
pub use movie_id::MovieId;
pub use name::InvalidName;
pub use user_id::UserId;
