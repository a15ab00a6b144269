//! The ledger's entry for a like.

use jiff::Timestamp;
use like::{LikeEvent, LikeId, LikeKey, MovieId, UserId};
use serde::{Serialize, Serializer};

use crate::{Item, ItemError};

/// The partition key of the ledger.
pub const LIKE_KEY: &str = "likeKey";

/// The ledger's entry for a like.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerEntry<'a> {
    #[serde(serialize_with = "as_str")]
    like_key: LikeKey,
    movie_id: &'a MovieId,
    like_id: LikeId,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a UserId>,
    #[serde(serialize_with = "with_milliseconds")]
    liked_at: Timestamp,
    /// The time to live, in seconds since 1970.
    ///
    /// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-before-you-start.html>.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

impl<'a> LedgerEntry<'a> {
    /// The entry for this like.
    #[must_use]
    pub fn new(event: &'a LikeEvent) -> Self {
        Self {
            like_key: event.key(),
            movie_id: &event.movie_id,
            like_id: event.like_id,
            user_id: event.user_id.as_ref(),
            liked_at: event.liked_at(),
            expires_at: event.expires_at().map(Timestamp::as_second),
        }
    }

    /// The entry as an item.
    ///
    /// # Errors
    /// None of the fields can fail to serialize; the signature is `serde_dynamo`'s.
    pub fn to_item(&self) -> Result<Item, ItemError> {
        serde_dynamo::to_item(self)
    }
}

fn as_str<S: Serializer>(key: &LikeKey, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(key.as_str())
}

fn with_milliseconds<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::key;

    fn item(user: Option<&str>) -> Item {
        let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let event = LikeEvent::new(id, "Tt0111161".parse().unwrap(), user.map(|user| user.parse().unwrap()));
        LedgerEntry::new(&event).to_item().unwrap()
    }

    fn expected(like_key: &str, others: &[(&str, AttributeValue)]) -> Item {
        let mut item = key(LIKE_KEY, like_key);
        item.extend(key("movieId", "Tt0111161"));
        item.extend(key("likeId", "01a206c6-78fb-7cc3-98c4-dc0c0c07398f"));
        item.extend(key("likedAt", "2026-11-23T05:00:00.123Z"));
        item.extend(others.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        item
    }

    #[test]
    fn the_entry_of_a_users_like_names_the_user_and_never_expires() {
        let user = ("userId", AttributeValue::S("U-42".into()));
        assert_eq!(item(Some("U-42")), expected("Tt0111161#user#U-42", &[user]));
    }

    #[test]
    fn the_entry_of_an_anonymous_like_expires_after_30_days() {
        // 2026-12-23T05:00:00Z
        let expires = ("expiresAt", AttributeValue::N("1798002000".into()));
        let key = "Tt0111161#01a206c6-78fb-7cc3-98c4-dc0c0c07398f";
        assert_eq!(item(None), expected(key, &[expires]));
    }
}
