//! Reads the table of counts in DynamoDB.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tables::{BatchGet, BatchGetError, Count, Item, MOVIE_ID};
use thiserror::Error;

/// The backoff before unprocessed keys are retried: two pauses, of up to 0.3 s in all.
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
    #[error(transparent)]
    Get(#[from] BatchGetError),
    /// The last retry still left keys unprocessed, as `DynamoDB` does when a table is throttled.
    #[error("DynamoDB left {0} keys unprocessed")]
    Unprocessed(usize),
}

impl Counts {
    /// The table with this name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Reads the counts of up to 100 movies. A movie without likes is absent from the result.
    ///
    /// So is one whose item is malformed, which takes a write by hand: it must not fail the others. The log names it.
    ///
    /// The reads are eventually consistent, at half the price: a count lags behind its likes anyway.
    ///
    /// # Errors
    /// [`ReadError`] if not every count could be read.
    pub async fn read(&self, movies: &[MovieId]) -> Result<HashMap<MovieId, u64>, ReadError> {
        // DynamoDB rejects duplicate keys.
        let distinct: HashSet<_> = movies.iter().collect();
        let keys = distinct.into_iter().map(|movie| tables::key(MOVIE_ID, movie.as_str())).collect();
        let get = BatchGet { table: &self.table, attributes: Count::LIKES_ONLY, consistent: false };
        let read = get.read(&self.client, keys, pauses()).await?;
        if read.unprocessed > 0 {
            return Err(ReadError::Unprocessed(read.unprocessed));
        }
        Ok(read.items.into_iter().filter_map(count).collect())
    }
}

fn count(item: Item) -> Option<(MovieId, u64)> {
    let movie = item.get(MOVIE_ID).and_then(|id| id.as_s().ok()).cloned()?;
    let Ok(count) = Count::read(item) else {
        // The error would quote the item.
        tracing::error!(movie_id = movie, "malformed count; returned as 0");
        return None;
    };
    Some((movie.parse().ok()?, count.likes))
}
