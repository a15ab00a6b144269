//! What the ledger's item of a like holds.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use like::LikeEvent;

/// The ledger's item of a like.
#[must_use]
pub fn ledger_entry(event: &LikeEvent) -> HashMap<String, AttributeValue> {
    let text = |value: String| AttributeValue::S(value);
    let mut entry = HashMap::from([
        ("likeKey".to_owned(), text(event.key().to_string())),
        ("movieId".to_owned(), text(event.movie_id.to_string())),
        ("likeId".to_owned(), text(event.like_id.to_string())),
        ("likedAt".to_owned(), text(format!("{:.3}", event.liked_at()))),
    ]);
    if let Some(user) = &event.user_id {
        entry.insert("userId".to_owned(), text(user.to_string()));
    }
    if let Some(time) = event.expires_at() {
        entry.insert("expiresAt".to_owned(), AttributeValue::N(time.as_second().to_string()));
    }
    entry
}
