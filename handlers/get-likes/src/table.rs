//! The table of counts in DynamoDB, as a reader sees it.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::batch_get_item::BatchGetItemError,
    types::{AttributeValue, KeysAndAttributes},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use thiserror::Error;

/// The pauses before keys that `BatchGetItem` leaves over are asked for again: two, of up to 0.3 s in all.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(50))
        .with_max_times(2)
        .with_jitter()
        .build()
}

/// A table of counts and the client to reach it.
#[derive(Debug, Clone)]
pub struct Counts {
    client: Client,
    table: String,
}

/// The counts could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The call failed.
    #[error("DynamoDB did not answer")]
    Call(#[from] Box<SdkError<BatchGetItemError>>),
    /// Every call left keys over, as DynamoDB does when a table is throttled.
    #[error("DynamoDB left {0} keys over")]
    LeftOver(usize),
}

impl Counts {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Reads the counts of up to 100 movies; one that has none is absent from the answer.
    ///
    /// One whose item is malformed, as only somebody's hand can make it, has none either: it must not stop the
    /// others. The log names it.
    ///
    /// The reads are eventually consistent, at half the price: a count trails its like anyway.
    ///
    /// # Errors
    /// [`ReadError`] if not every count could be read.
    pub async fn read(&self, movies: &[MovieId]) -> Result<HashMap<MovieId, u64>, ReadError> {
        let mut counts = HashMap::new();
        // DynamoDB refuses a key that stands twice.
        let distinct: HashSet<_> = movies.iter().collect();
        let mut keys: Vec<_> = distinct.into_iter().map(key).collect();
        let mut pauses = pauses();
        loop {
            let asked = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .projection_expression("movieId, likes")
                .build()
                .map_err(|error| Box::new(SdkError::construction_failure(error)))?;
            let answer = self
                .client
                .batch_get_item()
                .request_items(&self.table, asked)
                .send()
                .await
                .map_err(Box::new)?;
            for item in answer.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                if let Some((movie, likes)) = count(&item) {
                    counts.insert(movie, likes);
                } else {
                    let movie_id = item.get("movieId").and_then(|id| id.as_s().ok());
                    tracing::error!(movie_id, "the movie's item is not a count; its likes are answered as 0");
                }
            }
            keys = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
            if keys.is_empty() {
                return Ok(counts);
            }
            let pause = pauses.next().ok_or(ReadError::LeftOver(keys.len()))?;
            tokio::time::sleep(pause).await;
        }
    }
}

fn key(movie: &MovieId) -> HashMap<String, AttributeValue> {
    HashMap::from([("movieId".to_owned(), AttributeValue::S(movie.to_string()))])
}

fn count(item: &HashMap<String, AttributeValue>) -> Option<(MovieId, u64)> {
    let movie = item.get("movieId")?.as_s().ok()?.parse().ok()?;
    let likes = item.get("likes")?.as_n().ok()?.parse().ok()?;
    Some((movie, likes))
}
