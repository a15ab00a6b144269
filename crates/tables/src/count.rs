//! The item of a movie's count, or of one of its cells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Cells, Item};

/// The partition key of the table of counts.
pub const MOVIE_ID: &str = "movieId";

/// The item of a movie's count, or of one of its cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// The item's key: the movie's id, and the cell's number if it is not the first.
    pub movie_id: String,
    /// The number of likes in this cell.
    pub likes: u64,
    /// How many cells the count has. Only the first cell says so.
    #[serde(default)]
    pub cells: Cells,
    /// How many of the likes are of users who were forgotten while the count kept their likes. They have no entry in the
    /// ledger.
    #[serde(default)]
    pub forgotten: u64,
    /// The time of the last update; `None` if the attribute was not read.
    pub updated_at: Option<Timestamp>,
}

/// The item is not a count. The message names the attribute and quotes its value.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct MalformedCount(#[from] serde_path_to_error::Error<serde_dynamo::Error>);

impl Count {
    /// The projection expression for readers that need only the likes.
    pub const LIKES_ONLY: &str = "movieId, likes, cells";

    /// The projection expression of all attributes.
    pub const ALL: &str = "movieId, likes, cells, forgotten, updatedAt";

    /// Parses an item.
    ///
    /// # Errors
    /// [`MalformedCount`] if an attribute is missing or malformed, which takes a write by hand.
    pub fn read(item: Item) -> Result<Self, MalformedCount> {
        let attributes = serde_dynamo::AttributeValue::M(serde_dynamo::Item::from(item).into_inner());
        let deserializer = serde_dynamo::Deserializer::from_attribute_value(attributes);
        Ok(serde_path_to_error::deserialize(deserializer)?)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;

    use super::*;
    use crate::key;

    fn read(attributes: &[(&str, AttributeValue)]) -> Result<Count, String> {
        let mut item = key(MOVIE_ID, "m");
        item.extend(attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Count::read(item).map_err(|error| error.to_string())
    }

    #[test]
    fn all_attributes_but_the_likes_are_optional() {
        let likes = ("likes", AttributeValue::N("3".into()));
        let cells = Cells::ONE;
        let count = Count { movie_id: "m".into(), likes: 3, cells, forgotten: 0, updated_at: None };
        assert_eq!(read(std::slice::from_ref(&likes)), Ok(count.clone()));
        let time = "2026-11-23T05:00:00.123Z";
        let updated_at = Some(time.parse().unwrap());
        let updated = ("updatedAt", AttributeValue::S(time.into()));
        assert_eq!(read(&[likes.clone(), updated]), Ok(Count { updated_at, ..count.clone() }));
        let forgotten = ("forgotten", AttributeValue::N("2".into()));
        assert_eq!(read(&[likes.clone(), forgotten]), Ok(Count { forgotten: 2, ..count.clone() }));
        let cells = ("cells", AttributeValue::N("4".into()));
        assert_eq!(read(&[likes, cells]), Ok(Count { cells: 4.try_into().unwrap(), ..count }));
    }

    #[test]
    fn a_malformed_count_is_an_error_that_names_the_attribute() {
        let number = |number: &str| AttributeValue::N(number.into());
        let text = |text: &str| AttributeValue::S(text.into());
        for (attributes, why) in [
            (&[][..], "missing field `likes`"),
            (&[("likes", text("3"))], "likes: Expected num"),
            (&[("likes", number("1.5"))], "likes: Failed to parse '1.5' as an integer"),
            (&[("likes", number("-1"))], "likes: Failed to parse '-1' as an integer"),
            (&[("likes", number("1")), ("updatedAt", text("yesterday"))], "updatedAt: "),
            (&[("likes", number("1")), ("cells", number("65"))], "cells: not 1 to 64 cells: 65"),
        ] {
            let error = read(attributes).unwrap_err();
            assert!(error.starts_with(why), "{attributes:?}: {error}");
        }
    }
}
