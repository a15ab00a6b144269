//! The table of counts, read as a whole.

use std::collections::HashMap;

use aws_sdk_dynamodb::{Client, error::SdkError, operation::scan::ScanError, types::AttributeValue};
use jiff::Timestamp;
use thiserror::Error;

/// A movie's count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub likes: u64,
    /// When it was last added to.
    pub updated: Timestamp,
}

/// The counts cannot be read.
#[derive(Debug, Error)]
pub(crate) enum CountsError {
    #[error("the counts cannot be read")]
    Scan(#[from] Box<SdkError<ScanError>>),
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

fn count(item: &HashMap<String, AttributeValue>) -> Option<(String, Count)> {
    let movie = item.get("movieId")?.as_s().ok()?.clone();
    let likes = item.get("likes")?.as_n().ok()?.parse().ok()?;
    let updated = item.get("updatedAt")?.as_s().ok()?.parse().ok()?;
    Some((movie, Count { likes, updated }))
}
