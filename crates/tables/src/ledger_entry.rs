//! The ledger's entry for a like.

use jiff::Timestamp;
use like::{LikeEvent, LikeId, LikeKey, MovieId, UserId};
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

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

/// The attributes of an entry that identify its like.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    like_key: String,
    movie_id: MovieId,
    like_id: LikeId,
    user_id: Option<UserId>,
}

/// The item is not the entry of a like, which takes a write by hand.
#[derive(Debug, Error)]
pub enum MalformedEntry {
    /// An attribute is missing or malformed. The message names it.
    #[error(transparent)]
    Attribute(#[from] serde_path_to_error::Error<ItemError>),
    /// The attributes are those of another like, with this key.
    #[error("the attributes are those of the entry {0}")]
    OtherKey(LikeKey),
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

    /// Reads the like from its entry.
    ///
    /// # Errors
    /// [`MalformedEntry`] if the item is not the entry of a like.
    pub fn read(item: Item) -> Result<LikeEvent, MalformedEntry> {
        let attributes = serde_dynamo::AttributeValue::M(serde_dynamo::Item::from(item).into_inner());
        let deserializer = serde_dynamo::Deserializer::from_attribute_value(attributes);
        let Identity { like_key, movie_id, like_id, user_id } =
            serde_path_to_error::deserialize(deserializer)?;
        let like = LikeEvent::new(like_id, movie_id, user_id);
        let key = like.key();
        if key.as_str() == like_key { Ok(like) } else { Err(MalformedEntry::OtherKey(key)) }
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
    #[test]
    fn a_like_is_read_from_its_entry() {
        for user in [None, Some("U-42")] {
            let like = LedgerEntry::read(item(user)).unwrap();
            assert_eq!(LedgerEntry::new(&like).to_item().unwrap(), item(user));
        }
    }

    #[test]
    fn an_item_that_is_not_the_entry_of_a_like_is_an_error_that_says_why() {
        let text = |text: &str| AttributeValue::S(text.into());
        for (attribute, value, why) in [
            ("likeId", None, "missing field `likeId`"),
            ("likeId", Some(text("7")), "likeId: must be a UUIDv7 of 36 characters"),
            ("movieId", Some(text("#")), "movieId: must start with a letter or a digit"),
            ("userId", Some(AttributeValue::N("7".into())), "userId: "),
            ("movieId", Some(text("m")), "the attributes are those of the entry m#user#U-42"),
            ("userId", None, "the attributes are those of the entry Tt0111161#01a206c6-"),
        ] {
            let mut item = item(Some("U-42"));
            item.remove(attribute);
            item.extend(value.map(|value| (attribute.to_owned(), value)));
            let error = LedgerEntry::read(item).unwrap_err().to_string();
            assert!(error.starts_with(why), "{attribute}: {error}");
        }
    }
}
