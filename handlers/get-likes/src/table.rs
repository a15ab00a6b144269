//! Reads the table of counts in DynamoDB.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::Client;
use backon::{BackoffBuilder, ExponentialBuilder};
use like::MovieId;
use tables::{Count, ReadCounts, ReadCountsError};

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
    /// [`ReadCountsError`] if not every count could be read.
    pub async fn read(&self, movies: &[MovieId]) -> Result<HashMap<MovieId, u64>, ReadCountsError> {
        let attributes = Count::LIKES_ONLY;
        let read = ReadCounts { client: &self.client, table: &self.table, attributes, consistent: false };
        let counts = read.read(movies.iter().map(MovieId::as_str), pauses).await?;
        let counts = counts.into_iter().filter_map(|(movie, count)| {
            let Ok(count) = count else {
                // The error would quote the item.
                tracing::error!(movie_id = movie, "malformed count; returned as 0");
                return None;
            };
            Some((movie.parse().ok()?, count.likes()))
        });
        Ok(counts.collect())
    }
}
