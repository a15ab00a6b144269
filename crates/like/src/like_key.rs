//! The key of a like's ledger entry.

use std::fmt;

use crate::{LikeId, MovieId, UserId};

/// The key of a like's ledger entry. Events with the same key are the same like.
///
/// The key is `movieId#likeId`, or `movieId#user#userId` if the like names a user: a user likes a movie once, ever. No
/// id contains `#`, and no `likeId` has the form `user#…`, so different likes never share a key.
///
/// ```
/// use like::{LikeId, LikeKey, MovieId, UserId};
///
/// let movie: MovieId = "tt0111161".parse()?;
/// let like: LikeId = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse()?;
/// let user: UserId = "u-42".parse()?;
///
/// assert_eq!(LikeKey::new(&movie, like, None).as_str(), "tt0111161#01a206c6-78fb-7cc3-98c4-dc0c0c07398f");
/// assert_eq!(LikeKey::new(&movie, like, Some(&user)).as_str(), "tt0111161#user#u-42");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LikeKey(String);

impl LikeKey {
    /// The key of a like of `movie`, by `user` if the like names one.
    #[must_use]
    pub fn new(movie: &MovieId, like: LikeId, user: Option<&UserId>) -> Self {
        let movie = movie.as_str();
        // In one allocation, unlike `format`: `likesctl` makes a key for each line of the archive.
        Self(match user {
            Some(user) => [movie, "#user#", user.as_str()].concat(),
            None => [movie, "#", &like.to_string()].concat(),
        })
    }

    /// The key as the ledger stores it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LikeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;

    const LIKE: &str = "0193555a-7d2e-7cc3-98c4-dc0c0c07398f";

    #[test]
    fn a_like_without_a_user_is_keyed_by_its_id() {
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), None);
        assert_eq!(key.as_str(), format!("Tt1#{LIKE}"));
    }

    #[test]
    fn a_users_like_is_keyed_by_the_user() {
        let user = "Ann@Example.org".parse().unwrap();
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), Some(&user));
        assert_eq!(key.as_str(), "Tt1#user#Ann@Example.org");
    }

    #[test]
    fn prints_as_it_is_stored() {
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), None);
        assert_eq!(key.to_string(), key.as_str());
    }

    #[test]
    fn only_copies_of_a_like_share_a_key() {
        let now = Timestamp::now();
        let ids = [LikeId::new(now), LikeId::new(now)];
        // They differ in the case of one letter, or contain the word that is part of a key.
        let movies = ["a", "A", "a-", "user", "User"].map(|movie| movie.parse::<MovieId>().unwrap());
        let users = ["a", "A", "a.", "user", "User"].map(|user| user.parse::<UserId>().unwrap());
        let mut keys = BTreeSet::new();
        for movie in &movies {
            for id in ids {
                assert!(keys.insert(LikeKey::new(movie, id, None)), "{movie} {id}");
            }
            for user in &users {
                let [key, with_other_id] = ids.map(|id| LikeKey::new(movie, id, Some(user)));
                assert_eq!(key, with_other_id, "a user likes a movie once, ever");
                assert!(keys.insert(key), "{movie} {user}");
            }
        }
    }
}
