//! The key under which the ledger remembers a like.

use std::fmt;

use crate::{LikeId, MovieId, UserId};

/// The identity of a like in the ledger; two events of one key are one like.
///
/// `movieId#likeId`, or `movieId#user#userId` when the like names a user: a user likes a movie once,
/// ever. `#` is in no id, and no `likeId` has the form `user#…`, so no two likes share a key by chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LikeKey(String);

impl LikeKey {
    /// The key of the like of `movie` with this id, by `user` if it names one.
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
    fn a_like_without_a_user_is_known_by_its_id() {
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), None);
        assert_eq!(key.as_str(), format!("Tt1#{LIKE}"));
    }

    #[test]
    fn a_users_like_is_known_by_the_user() {
        let user = "Ann@Example.org".parse().unwrap();
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), Some(&user));
        assert_eq!(key.as_str(), "Tt1#user#Ann@Example.org");
    }

    #[test]
    fn is_written_as_it_is_stored() {
        let key = LikeKey::new(&"Tt1".parse().unwrap(), LIKE.parse().unwrap(), None);
        assert_eq!(key.to_string(), key.as_str());
    }

    #[test]
    fn two_likes_have_one_key_only_when_they_are_one() {
        let now = Timestamp::now();
        let ids = [LikeId::new(now), LikeId::new(now)];
        // They differ in the case of a letter, or have a word of the key's form in them.
        let movies = ["a", "A", "a-", "user", "User"].map(|movie| movie.parse::<MovieId>().unwrap());
        let users = ["a", "A", "a.", "user", "User"].map(|user| user.parse::<UserId>().unwrap());
        let mut keys = BTreeSet::new();
        for movie in &movies {
            for id in ids {
                assert!(keys.insert(LikeKey::new(movie, id, None)), "{movie} {id}");
            }
            for user in &users {
                let [key, of_another_id] = ids.map(|id| LikeKey::new(movie, id, Some(user)));
                assert_eq!(key, of_another_id, "a user likes a movie once, ever");
                assert!(keys.insert(key), "{movie} {user}");
            }
        }
    }
}
