//! The table of counts: read as a whole, and raised where a count is too low.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{scan::ScanError, update_item::UpdateItemError},
    types::AttributeValue,
};
use jiff::Timestamp;
use tables::{Item, MOVIE_ID};
use thiserror::Error;

/// A movie's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub likes: u64,
    /// How many of them are of forgotten users: neither the archive nor the ledger has them.
    pub forgotten: u64,
    /// When likes were last added.
    pub updated: Timestamp,
}

/// What the table holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// By movie.
    pub counts: HashMap<String, Count>,
    /// Items that are not counts, by movie, and why.
    pub malformed: BTreeMap<String, String>,
}

/// The counts cannot be read or raised.
#[derive(Debug, Error)]
pub(crate) enum CountsError {
    #[error("the counts cannot be read")]
    Scan(#[from] Box<SdkError<ScanError>>),
    #[error("a count cannot be raised")]
    Raise(#[from] Box<SdkError<UpdateItemError>>),
}

/// Reads all counts, each as it is at the time.
pub(crate) async fn read(client: &Client, table: &str) -> Result<Counts, CountsError> {
    let mut items = client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    let mut counts = Counts::default();
    while let Some(item) = items.next().await {
        counts.add(item.map_err(Box::new)?);
    }
    Ok(counts)
}

impl Counts {
    fn add(&mut self, item: Item) {
        // The table's key is a string, so every item has it.
        let Some(Ok(movie)) = item.get(MOVIE_ID).map(AttributeValue::as_s) else { return };
        let movie = movie.clone();
        let count = tables::Count::read(item).map_err(|error| error.to_string());
        let count = count.and_then(|tables::Count { likes, forgotten, updated_at, .. }| {
            Ok(Count { likes, forgotten, updated: updated_at.ok_or("missing field `updatedAt`")? })
        });
        match count {
            Ok(count) => {
                self.counts.insert(movie, count);
            }
            Err(why) => {
                self.malformed.insert(movie, why);
            }
        }
    }
}

/// Raises a movie's count from what it was read to be, or from nothing, to `likes`, unless somebody wrote it meanwhile;
/// says whether it was raised.
///
/// Only `likesctl forget` lowers counts, and it does not run at the same time, so a count that is what it was has not been
/// written.
pub(crate) async fn raise(
    client: &Client,
    table: &str,
    movie: &str,
    read: Option<u64>,
    likes: u64,
) -> Result<bool, CountsError> {
    let now = format!("{:.3}", Timestamp::now());
    let request = client.update_item().table_name(table).key(MOVIE_ID, AttributeValue::S(movie.to_owned()));
    let request = request
        .update_expression("SET likes = :likes, updatedAt = :now")
        .expression_attribute_values(":likes", AttributeValue::N(likes.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(now));
    let request = match read {
        Some(read) => request
            .condition_expression("likes = :read")
            .expression_attribute_values(":read", AttributeValue::N(read.to_string())),
        None => request.condition_expression("attribute_not_exists(likes)"),
    };
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if was_written(&error) => Ok(false),
        Err(error) => Err(Box::new(error).into()),
    }
}

fn was_written(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::{scan::ScanOutput, update_item::UpdateItemOutput},
        types::error::ConditionalCheckFailedException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn item(movie: &str, likes: AttributeValue) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let updated = text("2026-11-23T05:00:00.123Z");
        HashMap::from([
            ("movieId".to_owned(), text(movie)),
            ("likes".to_owned(), likes),
            ("updatedAt".to_owned(), updated),
        ])
    }

    #[tokio::test]
    async fn an_item_that_is_no_count_is_named_and_stops_no_other() {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let scan = mock!(Client::scan).then_output(move || {
            let mut timeless = item("d", number("1"));
            timeless.remove("updatedAt");
            let mut kept = item("b", number("2"));
            kept.insert("forgotten".into(), number("1"));
            ScanOutput::builder()
                .items(item("a", AttributeValue::S("3".into())))
                .items(kept)
                .items(item("c", number("1.5")))
                .items(timeless)
                .build()
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&scan]);
        let counts = read(&client, "counts").await.unwrap();
        let updated = "2026-11-23T05:00:00.123Z".parse().unwrap();
        assert_eq!(
            counts.counts,
            HashMap::from([("b".to_owned(), Count { likes: 2, forgotten: 1, updated })])
        );
        let whys = [
            "likes: Expected num",
            "likes: Failed to parse '1.5' as an integer: invalid digit found in string",
            "missing field `updatedAt`",
        ];
        assert_eq!(
            counts.malformed,
            ["a", "c", "d"].map(str::to_owned).into_iter().zip(whys.map(str::to_owned)).collect()
        );
    }

    /// A table that takes an update on this condition alone.
    fn on(condition: &'static str, read: Option<&'static str>) -> Rule {
        mock!(Client::update_item)
            .match_requests(move |input| {
                let values = input.expression_attribute_values().unwrap();
                input.condition_expression() == Some(condition)
                    && values.get(":read").map(|read| read.as_n().unwrap().as_str()) == read
                    && values[":likes"] == AttributeValue::N("13".into())
            })
            .then_output(|| UpdateItemOutput::builder().build())
    }

    #[tokio::test]
    async fn a_count_is_raised_only_from_what_was_read() {
        for (read, rule) in
            [(Some(10), on("likes = :read", Some("10"))), (None, on("attribute_not_exists(likes)", None))]
        {
            let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
            assert!(raise(&client, "counts", "m", read, 13).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_count_that_was_written_meanwhile_is_left() {
        let rule = mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(
                ConditionalCheckFailedException::builder().build(),
            )
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        assert!(!raise(&client, "counts", "m", Some(10), 13).await.unwrap());
    }
}
