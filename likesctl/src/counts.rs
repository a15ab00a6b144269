//! The table of counts: read as a whole, and raised where a count is too low.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::{
        scan::ScanError,
        transact_write_items::TransactWriteItemsError::{self, TransactionCanceledException},
        update_item::UpdateItemError,
    },
    types::{AttributeValue, ConditionCheck, TransactWriteItem, Update},
};
use jiff::Timestamp;
use tables::{Cells, MOVIE_ID, MalformedCount, MovieCount, ReadCounts, ReadCountsError};
use thiserror::Error;

/// The pauses before reads of cells that were throttled.
const PAUSES: [Duration; 3] = [Duration::from_millis(500); 3];

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
    #[error("the counts cannot be read")]
    Cells(#[from] ReadCountsError),
    #[error("a count cannot be raised")]
    Raise(#[from] Box<SdkError<UpdateItemError>>),
    #[error("a count with several cells cannot be raised")]
    RaiseFirstCell(#[from] Box<SdkError<TransactWriteItemsError>>),
    #[error("the request could not be built")]
    Build(#[from] BuildError),
}

/// Reads all counts, each as it is at the time. Those with several cells are read again, with all of their cells.
pub(crate) async fn read(client: &Client, table: &str) -> Result<Counts, CountsError> {
    let mut items = client.scan().table_name(table).consistent_read(true).into_paginator().items().send();
    let mut counts = Counts::default();
    let mut spread = BTreeSet::new();
    while let Some(item) = items.next().await {
        let item = item.map_err(Box::new)?;
        // The table's key is a string, so every item has it.
        let Some(Ok(key)) = item.get(MOVIE_ID).map(AttributeValue::as_s) else { continue };
        let movie = tables::movie_of_key(key).to_owned();
        match tables::Count::read(item.clone()) {
            Ok(count) if count.movie_id == movie && count.cells == Cells::ONE => {
                counts.add(movie, Ok(MovieCount { cells: vec![count] }));
            }
            Ok(_) => {
                spread.insert(movie);
            }
            Err(malformed) => counts.add(movie, Err(malformed)),
        }
    }
    for (movie, count) in read_cells(client, table, spread.iter().map(String::as_str)).await? {
        counts.add(movie, count);
    }
    Ok(counts)
}

async fn read_cells<'m>(
    client: &Client,
    table: &str,
    movies: impl IntoIterator<Item = &'m str>,
) -> Result<HashMap<String, Result<MovieCount, MalformedCount>>, ReadCountsError> {
    let attributes = tables::Count::ALL;
    ReadCounts { client, table, attributes, consistent: true }.read(movies, || PAUSES).await
}

impl Counts {
    fn add(&mut self, movie: String, count: Result<MovieCount, MalformedCount>) {
        let count = count.map_err(|error| error.to_string()).and_then(|count| {
            let (likes, forgotten) = (count.likes(), count.forgotten());
            Ok(Count { likes, forgotten, updated: count.updated_at().ok_or("missing field `updatedAt`")? })
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
            .condition_expression("likes = :read AND attribute_not_exists(cells)")
            .expression_attribute_values(":read", AttributeValue::N(read.to_string())),
        None => request.condition_expression("attribute_not_exists(likes)"),
    };
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if was_written(&error) => raise_first_cell(client, table, movie, read, likes).await,
        Err(error) => Err(Box::new(error).into()),
    }
}

/// The same for a count with several cells: raises the first one by what the count lacks.
async fn raise_first_cell(
    client: &Client,
    table: &str,
    movie: &str,
    read: Option<u64>,
    likes: u64,
) -> Result<bool, CountsError> {
    let count = read_cells(client, table, [movie]).await?.remove(movie);
    let Some(Ok(count)) = count.filter(|count| count.as_ref().is_ok_and(|count| Some(count.likes()) == read))
    else {
        return Ok(false);
    };
    let Some((first, others)) = count.cells.split_first().filter(|(_, others)| !others.is_empty()) else {
        return Ok(false);
    };
    let number = |number: u64| AttributeValue::N(number.to_string());
    let update = Update::builder()
        .table_name(table)
        .key(MOVIE_ID, AttributeValue::S(movie.to_owned()))
        .update_expression("SET likes = :likes, updatedAt = :now")
        .condition_expression("likes = :read AND cells = :cells")
        .expression_attribute_values(":likes", number(first.likes + likes.saturating_sub(count.likes())))
        .expression_attribute_values(":read", number(first.likes))
        .expression_attribute_values(":cells", number(first.cells.number().into()))
        .expression_attribute_values(":now", AttributeValue::S(format!("{:.3}", Timestamp::now())))
        .build()?;
    let mut request = client.transact_write_items();
    request = request.transact_items(TransactWriteItem::builder().update(update).build());
    for cell in others {
        let check = ConditionCheck::builder()
            .table_name(table)
            .key(MOVIE_ID, AttributeValue::S(cell.movie_id.clone()))
            .condition_expression("likes = :read")
            .expression_attribute_values(":read", number(cell.likes))
            .build()?;
        request = request.transact_items(TransactWriteItem::builder().condition_check(check).build());
    }
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.as_service_error(), Some(TransactionCanceledException(_))) => Ok(false),
        Err(error) => Err(Box::new(error).into()),
    }
}

fn was_written(error: &SdkError<UpdateItemError>) -> bool {
    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::{
            batch_get_item::BatchGetItemOutput, scan::ScanOutput,
            transact_write_items::TransactWriteItemsOutput, update_item::UpdateItemOutput,
        },
        types::error::ConditionalCheckFailedException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use tables::Item;

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

    /// A count with these cells, as a scan, a read of its first cell and one of the others find it.
    fn with_cells(cells: &'static [&'static str]) -> [Rule; 3] {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let items = move || {
            let mut items: Vec<_> = (0..)
                .zip(cells)
                .map(|(index, likes)| {
                    let key = if index == 0 { "m".to_owned() } else { format!("m#{index}") };
                    item(&key, number(likes))
                })
                .collect();
            items[0].insert("cells".into(), number(&cells.len().to_string()));
            items
        };
        let get = move |keys: usize, skip: usize| {
            mock!(Client::batch_get_item)
                .match_requests(move |input| input.request_items().unwrap()["counts"].keys().len() == keys)
                .then_output(move || {
                    let found = items().into_iter().skip(skip).take(keys).collect();
                    BatchGetItemOutput::builder().responses("counts", found).build()
                })
        };
        let scan =
            mock!(Client::scan).then_output(move || ScanOutput::builder().set_items(Some(items())).build());
        [scan, get(1, 0), get(cells.len() - 1, 1)]
    }

    #[tokio::test]
    async fn a_count_with_several_cells_is_their_sum() {
        let [scan, first, others] = with_cells(&["3", "10", "100"]);
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&scan, &first, &others]);
        let counts = read(&client, "counts").await.unwrap();
        assert_eq!((counts.counts.len(), counts.counts["m"].likes), (1, 113));
    }

    #[tokio::test]
    async fn a_count_with_several_cells_is_raised_in_the_first_if_no_cell_was_written() {
        let [_, first, others] = with_cells(&["3", "10", "100"]);
        let written = mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(
                ConditionalCheckFailedException::builder().build(),
            )
        });
        let transaction = mock!(Client::transact_write_items)
            .match_requests(|input| {
                let [update, checks @ ..] = input.transact_items() else { return false };
                let update = update.update().unwrap();
                let values = update.expression_attribute_values().unwrap();
                let checked = checks.iter().map(|check| {
                    let check = check.condition_check().unwrap();
                    let read = check.expression_attribute_values().unwrap()[":read"].as_n().unwrap();
                    (
                        check.key()["movieId"].as_s().unwrap().as_str(),
                        check.condition_expression(),
                        read.as_str(),
                    )
                });
                values[":likes"] == AttributeValue::N("10".into())
                    && values[":read"] == AttributeValue::N("3".into())
                    && values[":cells"] == AttributeValue::N("3".into())
                    && update.condition_expression() == Some("likes = :read AND cells = :cells")
                    && checked.eq([("m#1", "likes = :read", "10"), ("m#2", "likes = :read", "100")])
            })
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let rules = [&written, &first, &others, &transaction];
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules);
        assert!(raise(&client, "counts", "m", Some(113), 120).await.unwrap());
        assert!(!raise(&client, "counts", "m", Some(112), 120).await.unwrap());
        assert_eq!(transaction.num_calls(), 1);
    }

    #[tokio::test]
    async fn a_count_is_raised_only_from_what_was_read() {
        for (read, rule) in [
            (Some(10), on("likes = :read AND attribute_not_exists(cells)", Some("10"))),
            (None, on("attribute_not_exists(likes)", None)),
        ] {
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
        let read = mock!(Client::batch_get_item).then_output(|| {
            let items = vec![item("m", AttributeValue::N("11".into()))];
            BatchGetItemOutput::builder().responses("counts", items).build()
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule, &read]);
        assert!(!raise(&client, "counts", "m", Some(10), 13).await.unwrap());
    }
}
