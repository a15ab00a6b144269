//! Reading movies' counts, with all of their cells.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use thiserror::Error;

use crate::{BatchGet, BatchGetError, Cells, Count, Item, MAX_KEYS, MOVIE_ID, MalformedCount, key};

/// How many calls of one read are in flight at once.
const CONCURRENCY: usize = 8;

/// A movie's count: the sum of its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovieCount {
    /// The cells, the first of them first.
    pub cells: Vec<Count>,
}

impl MovieCount {
    /// The number of likes.
    #[must_use]
    pub fn likes(&self) -> u64 {
        self.cells.iter().map(|cell| cell.likes).sum()
    }

    /// How many of the likes are of users who were forgotten while the count kept their likes.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.cells.iter().map(|cell| cell.forgotten).sum()
    }

    /// The time of the last update; `None` if the attribute was not read or is missing.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.cells.iter().filter_map(|cell| cell.updated_at).max()
    }
}

/// Not every count could be read.
#[derive(Debug, Error)]
pub enum ReadCountsError {
    /// The call failed.
    #[error(transparent)]
    Get(#[from] BatchGetError),
    /// The last retry still left keys unprocessed, as `DynamoDB` does when a table is throttled.
    #[error("DynamoDB left {0} keys unprocessed")]
    Unprocessed(usize),
}

/// A read of counts.
#[derive(Debug, Clone)]
pub struct ReadCounts<'a> {
    /// The client to read with.
    pub client: &'a Client,
    /// The name of the table of counts.
    pub table: &'a str,
    /// The attributes to read: [`Count::LIKES_ONLY`] or [`Count::ALL`].
    pub attributes: &'a str,
    /// Whether the read reflects every acknowledged write, at twice the price.
    pub consistent: bool,
}

/// The counts that were read, by movie. A movie without a count is absent. A malformed item takes a write by hand.
type Counts = HashMap<String, Result<MovieCount, MalformedCount>>;

impl ReadCounts<'_> {
    /// Reads the counts of these movies. In each call, unprocessed keys are retried after each of `pauses`.
    ///
    /// Cells may be folded between the two calls that a count with several cells takes. Such a count is read again,
    /// consistently.
    ///
    /// # Errors
    /// [`ReadCountsError`] if not every count could be read.
    pub async fn read<'m, P: IntoIterator<Item = Duration>>(
        &self,
        movies: impl IntoIterator<Item = &'m str>,
        pauses: impl Fn() -> P,
    ) -> Result<Counts, ReadCountsError> {
        // DynamoDB rejects duplicate keys.
        let movies: HashSet<&str> = movies.into_iter().collect();
        let mut counts = self.read_once(movies.into_iter().collect(), &pauses).await?;
        let is_folded = |count: &MovieCount| count.cells.len() < usize::from(cells(count).number());
        let folded: Vec<_> = counts
            .iter()
            .filter(|(_, count)| count.as_ref().is_ok_and(is_folded))
            .map(|(movie, _)| movie.clone())
            .collect();
        if !folded.is_empty() {
            let again = ReadCounts { consistent: true, ..self.clone() };
            counts.extend(again.read_once(folded.iter().map(String::as_str).collect(), &pauses).await?);
        }
        Ok(counts)
    }

    async fn read_once<P: IntoIterator<Item = Duration>>(
        &self,
        movies: Vec<&str>,
        pauses: &impl Fn() -> P,
    ) -> Result<Counts, ReadCountsError> {
        let items = self.items(movies.into_iter().map(str::to_owned).collect(), pauses).await?;
        let mut counts = Counts::new();
        for item in items {
            let Some(movie) = key_of(&item) else { continue };
            counts.insert(movie, Count::read(item).map(|first| MovieCount { cells: vec![first] }));
        }
        let others: HashMap<String, String> = counts
            .iter()
            .filter_map(|(movie, count)| Some((movie, cells(count.as_ref().ok()?))))
            .flat_map(|(movie, cells)| cells.others().map(move |cell| (cell.key(movie), movie.clone())))
            .collect();
        if others.is_empty() {
            return Ok(counts);
        }
        let mut cells: Vec<_> = self
            .items(others.keys().cloned().collect(), pauses)
            .await?
            .into_iter()
            .filter_map(|item| Some((key_of(&item)?, item)))
            .collect();
        cells.sort_by_key(|(key, _)| (key.len(), key.clone()));
        for (key, item) in cells {
            let Some(count) = others.get(&key).and_then(|movie| counts.get_mut(movie)) else { continue };
            match (Count::read(item), &mut *count) {
                (Ok(cell), Ok(of_movie)) => of_movie.cells.push(cell),
                (Err(malformed), _) => *count = Err(malformed),
                (Ok(_), Err(_)) => {}
            }
        }
        Ok(counts)
    }

    async fn items<P: IntoIterator<Item = Duration>>(
        &self,
        keys: Vec<String>,
        pauses: &impl Fn() -> P,
    ) -> Result<Vec<Item>, ReadCountsError> {
        let get = BatchGet { table: self.table, attributes: self.attributes, consistent: self.consistent };
        let get = &get;
        let chunks: Vec<Vec<Item>> =
            keys.chunks(MAX_KEYS).map(|keys| keys.iter().map(|id| key(MOVIE_ID, id)).collect()).collect();
        let reads: Vec<_> = stream::iter(chunks)
            .map(async |keys| get.read(self.client, keys, pauses()).await)
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await?;
        match reads.iter().map(|read| read.unprocessed).sum() {
            0 => Ok(reads.into_iter().flat_map(|read| read.items).collect()),
            unprocessed => Err(ReadCountsError::Unprocessed(unprocessed)),
        }
    }
}

fn cells(count: &MovieCount) -> Cells {
    count.cells.first().map(|first| first.cells).unwrap_or_default()
}

fn key_of(item: &Item) -> Option<String> {
    item.get(MOVIE_ID).and_then(|id| id.as_s().ok()).cloned()
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::batch_get_item::BatchGetItemOutput,
        types::{AttributeValue, KeysAndAttributes},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn item(id: &str, likes: u32, cells: Option<u8>) -> Item {
        let number = |number: u32| AttributeValue::N(number.to_string());
        let mut item = key(MOVIE_ID, id);
        item.insert("likes".into(), number(likes));
        item.extend(cells.map(|cells| ("cells".to_owned(), number(cells.into()))));
        item
    }

    /// A call that asks for exactly these keys, and finds these items.
    fn call(consistent: bool, requested: &'static [&'static str], found: Vec<Item>) -> Rule {
        mock!(Client::batch_get_item)
            .match_requests(move |input| {
                let request = &input.request_items().unwrap()["counts"];
                let mut keys: Vec<_> =
                    request.keys().iter().map(|key| key["movieId"].as_s().unwrap()).collect();
                keys.sort();
                keys == requested && request.consistent_read() == Some(consistent)
            })
            .then_output(move || BatchGetItemOutput::builder().responses("counts", found.clone()).build())
    }

    async fn read(movies: &[&str], calls: &[&Rule]) -> Vec<(String, Result<u64, String>)> {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, calls);
        let read =
            ReadCounts { client: &client, table: "counts", attributes: Count::LIKES_ONLY, consistent: false };
        let counts = read.read(movies.iter().copied(), || []).await.unwrap();
        for rule in calls {
            assert_eq!(rule.num_calls(), 1);
        }
        let likes = |count: Result<MovieCount, MalformedCount>| {
            count.map(|count| count.likes()).map_err(|error| error.to_string())
        };
        let mut counts: Vec<_> = counts.into_iter().map(|(movie, count)| (movie, likes(count))).collect();
        counts.sort();
        counts
    }

    #[tokio::test]
    async fn counts_with_one_cell_take_one_call() {
        let call = call(false, &["a", "b"], vec![item("a", 3, None)]);
        assert_eq!(read(&["a", "b", "a"], &[&call]).await, [("a".to_owned(), Ok(3))]);
    }

    #[tokio::test]
    async fn a_count_is_the_sum_of_its_cells() {
        let first = call(false, &["a", "b"], vec![item("a", 3, Some(4)), item("b", 7, None)]);
        let cells = vec![item("a#3", 300, None), item("a#1", 10, None), item("a#2", 0, None)];
        let others = call(false, &["a#1", "a#2", "a#3"], cells);
        let counts = read(&["a", "b"], &[&first, &others]).await;
        assert_eq!(counts, [("a".to_owned(), Ok(313)), ("b".to_owned(), Ok(7))]);
    }

    #[tokio::test]
    async fn a_count_whose_cells_were_folded_meanwhile_is_read_again_consistently() {
        let first = call(false, &["a", "b"], vec![item("a", 3, Some(2)), item("b", 7, None)]);
        let others = call(false, &["a#1"], vec![]);
        let again = call(true, &["a"], vec![item("a", 13, None)]);
        let counts = read(&["a", "b"], &[&first, &others, &again]).await;
        assert_eq!(counts, [("a".to_owned(), Ok(13)), ("b".to_owned(), Ok(7))]);
    }

    #[tokio::test]
    async fn a_malformed_cell_makes_its_count_malformed_and_no_other() {
        let first = call(false, &["a", "b"], vec![item("a", 3, Some(2)), item("b", 7, None)]);
        let others = call(false, &["a#1"], vec![key(MOVIE_ID, "a#1")]);
        let counts = read(&["a", "b"], &[&first, &others]).await;
        assert_eq!(
            counts,
            [("a".to_owned(), Err("missing field `likes`".to_owned())), ("b".to_owned(), Ok(7))]
        );
    }

    #[tokio::test]
    async fn a_count_of_which_a_key_stays_unprocessed_is_an_error() {
        let rule = mock!(Client::batch_get_item).then_output(|| {
            let keys = KeysAndAttributes::builder().keys(key(MOVIE_ID, "a")).build().unwrap();
            BatchGetItemOutput::builder().unprocessed_keys("counts", keys).build()
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let read = ReadCounts { client: &client, table: "counts", attributes: Count::ALL, consistent: true };
        let error = read.read(["a"], || []).await.unwrap_err();
        assert_eq!(error.to_string(), "DynamoDB left 1 keys unprocessed");
    }
}
