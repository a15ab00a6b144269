//! The table of counts: read as a whole, and raised where it is too low.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{scan::ScanError, update_item::UpdateItemError},
    types::AttributeValue,
};
use jiff::Timestamp;
use thiserror::Error;

/// A movie's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub likes: u64,
    /// When it was last added to.
    pub updated: Timestamp,
}

/// The counts cannot be read or raised.
#[derive(Debug, Error)]
pub(crate) enum CountsError {
    #[error("the counts cannot be read")]
    Scan(#[from] Box<SdkError<ScanError>>),
    #[error("a count cannot be raised")]
    Raise(#[from] Box<SdkError<UpdateItemError>>),
    #[error("an item of the table {0} is no count: {1:?}")]
    NoCount(String, HashMap<String, AttributeValue>),
}

/// Reads all counts, each as it is at the time.
pub(crate) async fn read(client: &Client, table: &str) -> Result<HashMap<String, Count>, CountsError> {
    let mut items = client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    let mut counts = HashMap::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(Box::new)?;
        let (movie, count) = count(&item).ok_or_else(|| CountsError::NoCount(table.to_owned(), item))?;
        counts.insert(movie, count);
    }
    Ok(counts)
}

/// Raises a movie's count to `likes`, unless it is that high.
pub(crate) async fn raise(client: &Client, table: &str, movie: &str, likes: u64) -> Result<(), CountsError> {
    let now = format!("{:.3}", Timestamp::now());
    let request = client.update_item().table_name(table).key("movieId", AttributeValue::S(movie.to_owned()));
    let request = request
        .update_expression("SET likes = :likes, updatedAt = :now")
        .condition_expression("attribute_not_exists(likes) OR likes < :likes")
        .expression_attribute_values(":likes", AttributeValue::N(likes.to_string()))
        .expression_attribute_values(":now", AttributeValue::S(now));
    match request.send().await {
        Err(error) if !is_high_enough(&error) => Err(Box::new(error).into()),
        _ => Ok(()),
    }
}

fn is_high_enough(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

fn count(item: &HashMap<String, AttributeValue>) -> Option<(String, Count)> {
    let movie = item.get("movieId")?.as_s().ok()?.clone();
    let likes = item.get("likes")?.as_n().ok()?.parse().ok()?;
    let updated = item.get("updatedAt")?.as_s().ok()?.parse().ok()?;
    Some((movie, Count { likes, updated }))
}
