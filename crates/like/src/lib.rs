//! The contract: what a like is, its event on the wire and its key in the ledger.
//!
//! Everything here is pure; the handlers do the I/O.
//!
//! From the fields of a `POST /likes` to the event's bytes and back:
//!
//! ```
//! use like::{LikeEvent, LikeId, MovieId, UserId};
//!
//! let like_id: LikeId = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
//! let movie_id: MovieId = "tt0111161".parse()?;
//! let user_id: UserId = "u-42".parse()?;
//! let event = LikeEvent::new(like_id, movie_id, Some(user_id));
//!
//! let line = event.encode()?;
//! assert_eq!(
//!     String::from_utf8_lossy(&line),
//!     concat!(
//!         r#"{"version":1,"likeId":"01a206c6-78fb-7cc3-98c4-dc0c0c07398f","movieId":"tt0111161","#,
//!         r#""userId":"u-42","likedAt":"2026-11-23T05:00:00.123Z"}"#,
//!         "\n",
//!     ),
//! );
//! assert_eq!(LikeEvent::decode(&line)?, event);
//! assert_eq!(event.key().as_str(), "tt0111161#user#u-42");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod event;
mod like_id;
mod like_key;
mod movie_id;
mod name;
mod traceparent;
mod user_id;

pub use event::{DecodeError, LikeEvent};
pub use like_id::{InvalidLikeId, LikeId, OutsideAcceptance};
pub use like_key::LikeKey;
pub use movie_id::MovieId;
pub use name::InvalidName;
pub use traceparent::{InvalidTraceparent, Traceparent};
pub use user_id::UserId;
