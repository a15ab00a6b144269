//! The user's entries in the ledger: finding them, and forgetting each with its count in one transaction.

use std::pin::pin;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, Delete, TransactWriteItem, Update},
};
use futures::{Stream, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use like::{LikeId, UserId};
use tables::{Count, Item, LIKE_KEY, MOVIE_ID, ReadCounts, ReadCountsError};
use thiserror::Error;
use tokio::time::sleep;

use super::{Counts, plan::Trace};
use crate::{
    ledger::pauses,
    scan::{Page, ScanLedgerError},
};

/// The user's entry for a movie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub movie: String,
    key: String,
    clicked: Option<Timestamp>,
}

/// What came of forgetting an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The entry and its like in the count.
    Forgotten,
    /// It had been forgotten already.
    Gone,
    /// The count has no like to take away or to keep: it is 0, missing or not a count.
    NoCount,
}

/// An entry cannot be forgotten.
#[derive(Debug, Error)]
pub(crate) enum ForgetEntryError {
    #[error("the transaction could not be built")]
    Build(#[from] BuildError),
    #[error("a count cannot be read")]
    Count(#[from] ReadCountsError),
    #[error("a like cannot be forgotten")]
    Call(#[from] Box<SdkError<TransactWriteItemsError>>),
}

/// The text that the keys of a user's entries end with, and few others contain.
pub(super) fn suffix(user: &UserId) -> String {
    format!("#user#{user}")
}

/// The entries of the user on these pages.
pub(super) async fn entries(
    pages: impl Stream<Item = Result<Page, ScanLedgerError>>,
    suffix: &str,
) -> Result<(Vec<Entry>, f64), ScanLedgerError> {
    let (mut entries, mut read_units) = (Vec::new(), 0.0);
    let mut pages = pin!(pages);
    while let Some(page) = pages.try_next().await? {
        read_units += page.read_units;
        entries.extend(page.items.iter().filter_map(|item| Entry::read(item, suffix)));
    }
    Ok((entries, read_units))
}

impl Entry {
    /// Reads an entry, if its key names the user. No id contains `#`.
    fn read(item: &Item, suffix: &str) -> Option<Self> {
        let key = item.get(LIKE_KEY)?.as_s().ok()?;
        let movie = key.strip_suffix(suffix)?;
        let like = item.get("likeId").and_then(|id| id.as_s().ok()?.parse::<LikeId>().ok());
        Some(Self { movie: movie.to_owned(), key: key.clone(), clicked: like.map(LikeId::time) })
    }

    /// Whether the like may have been accepted less than `margin` ago, so that Firehose may still have to write it. A like is
    /// accepted for a day after its click.
    pub(super) fn may_be_unarchived(&self, margin: SignedDuration, now: Timestamp) -> bool {
        self.clicked.is_some_and(|clicked| now.duration_since(clicked) < LikeId::MAX_AGE + margin)
    }

    pub(super) fn trace(&self) -> Trace {
        Trace { movie: self.movie.clone(), clicked: self.clicked, written: None }
    }
}

/// The tables, and the client to reach them.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    pub client: Client,
    pub ledger: &'a str,
    pub counts: &'a str,
}

impl Tables<'_> {
    /// Deletes an entry, and takes its like from the count or notes that the count keeps it: both or neither, and once
    /// however often it is tried.
    pub(super) async fn forget(&self, entry: &Entry, counts: Counts) -> Result<Outcome, ForgetEntryError> {
        let mut pauses = pauses();
        let mut cell = entry.movie.clone();
        loop {
            let request = self.client.transact_write_items();
            let request = request.transact_items(self.deletion(entry)?);
            let request = request.transact_items(self.update(&cell, counts)?);
            let Err(error) = request.send().await else { return Ok(Outcome::Forgotten) };
            match outcome(&error) {
                // The like may be in another cell of the count.
                Some(Outcome::NoCount) => match (self.largest_cell(entry).await?, pauses.next()) {
                    (Some(largest), Some(pause)) => {
                        cell = largest;
                        sleep(pause).await;
                        continue;
                    }
                    _ => return Ok(Outcome::NoCount),
                },
                Some(outcome) => return Ok(outcome),
                None => {}
            }
            match pauses.next().filter(|_| is_transient(&error)) {
                Some(pause) => sleep(pause).await,
                None => return Err(Box::new(error).into()),
            }
        }
    }

    fn deletion(&self, entry: &Entry) -> Result<TransactWriteItem, BuildError> {
        let delete = Delete::builder().table_name(self.ledger);
        let delete = delete.key(LIKE_KEY, AttributeValue::S(entry.key.clone()));
        let delete = delete.condition_expression(format!("attribute_exists({LIKE_KEY})")).build()?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// The key of the cell that has the most likes of the movie's count, if it has any.
    async fn largest_cell(&self, entry: &Entry) -> Result<Option<String>, ReadCountsError> {
        let movie = entry.movie.as_str();
        let attributes = Count::LIKES_ONLY;
        let read = ReadCounts { client: &self.client, table: self.counts, attributes, consistent: true };
        let count = read.read([movie], pauses).await?.remove(movie);
        let cells = count.and_then(Result::ok).map(|count| count.cells).unwrap_or_default();
        let largest = cells.into_iter().max_by_key(|cell| cell.likes);
        Ok(largest.filter(|cell| cell.likes > 0).map(|cell| cell.movie_id))
    }

    fn update(&self, cell: &str, counts: Counts) -> Result<TransactWriteItem, BuildError> {
        let number = |number: &str| AttributeValue::N(number.to_owned());
        let (attribute, change) = match counts {
            Counts::Lower => ("likes", "-1"),
            Counts::Keep => ("forgotten", "1"),
        };
        let update = Update::builder()
            .table_name(self.counts)
            .key(MOVIE_ID, AttributeValue::S(cell.to_owned()))
            .update_expression(format!("ADD {attribute} :change SET updatedAt = :now"))
            .condition_expression("likes >= :one")
            .expression_attribute_values(":change", number(change))
            .expression_attribute_values(":one", number("1"))
            .expression_attribute_values(":now", AttributeValue::S(format!("{:.3}", Timestamp::now())))
            .build()?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

/// What a cancelled transaction says of the entry and of the count, in this order.
fn outcome(error: &SdkError<TransactWriteItemsError>) -> Option<Outcome> {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
    else {
        return None;
    };
    let [entry, count] = cancelled.cancellation_reasons() else { return None };
    match (entry.code(), count.code()) {
        (Some("ConditionalCheckFailed"), _) => Some(Outcome::Gone),
        (Some("None") | None, Some("ConditionalCheckFailed" | "ValidationError")) => Some(Outcome::NoCount),
        _ => None,
    }
}

/// Whether trying again may help. UpdateCount's transactions on the same count conflict with ours.
fn is_transient(error: &SdkError<TransactWriteItemsError>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    !matches!(code, Some("AccessDeniedException" | "ResourceNotFoundException" | "ValidationException"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::{
        error::ErrorMetadata,
        operation::{batch_get_item::BatchGetItemOutput, transact_write_items::TransactWriteItemsOutput},
        types::{CancellationReason, error::TransactionCanceledException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use futures::stream;
    use like::LikeEvent;
    use tables::LedgerEntry;

    use super::*;

    const CLICKED: &str = "2026-11-23T05:00:00.123Z";

    fn item(movie: &str, user: &str) -> Item {
        let id = LikeId::new(CLICKED.parse().unwrap());
        let like = LikeEvent::new(id, movie.parse().unwrap(), Some(user.parse().unwrap()));
        LedgerEntry::new(&like).to_item().unwrap()
    }

    fn entry() -> Entry {
        Entry { movie: "m".into(), key: "m#user#u-4".into(), clicked: Some(CLICKED.parse().unwrap()) }
    }

    #[tokio::test]
    async fn the_entries_of_the_user_alone_are_found() {
        let by_hand = HashMap::from([(LIKE_KEY.to_owned(), AttributeValue::S("n#user#u-4".into()))]);
        let pages = [vec![item("m", "u-4"), item("m", "u-42")], vec![by_hand, item("m", "xu-4")]];
        let pages = pages.map(|items| Ok(Page { items, read_units: 0.5 }));
        let suffix = suffix(&"u-4".parse().unwrap());
        let (found, read_units) = entries(stream::iter(pages), &suffix).await.unwrap();
        let by_hand = Entry { movie: "n".into(), key: "n#user#u-4".into(), clicked: None };
        assert_eq!(found, [entry(), by_hand]);
        assert!((read_units - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_like_may_be_unarchived_until_a_day_and_the_margin_after_its_click() {
        let (clicked, margin) = (entry().clicked.unwrap(), SignedDuration::from_mins(2));
        let after = |minutes| clicked + SignedDuration::from_mins(minutes);
        assert!(entry().may_be_unarchived(margin, after(24 * 60 + 1)));
        assert!(!entry().may_be_unarchived(margin, after(24 * 60 + 2)));
        let by_hand = Entry { clicked: None, ..entry() };
        assert!(!by_hand.may_be_unarchived(margin, after(0)), "it was never on the stream");
    }

    fn cancelled(entry: &str, count: &str) -> TransactWriteItemsError {
        let reasons = [entry, count].map(|code| CancellationReason::builder().code(code).build());
        let error = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons.into()));
        TransactWriteItemsError::TransactionCanceledException(error.build())
    }

    /// Reads of a count with these cells.
    fn cells(likes: &'static [&'static str]) -> Rule {
        let number_of_cells = likes.len();
        mock!(Client::batch_get_item).then_output(move || {
            let number = |number: &str| AttributeValue::N(number.to_owned());
            let item = |(index, likes): (usize, &&str)| {
                let id = if index == 0 { "m".to_owned() } else { format!("m#{index}") };
                let mut item = tables::key(MOVIE_ID, id);
                item.insert("likes".into(), number(likes));
                if index == 0 && number_of_cells > 1 {
                    item.insert("cells".into(), number(&number_of_cells.to_string()));
                }
                item
            };
            BatchGetItemOutput::builder()
                .responses("counts", likes.iter().enumerate().map(item).collect())
                .build()
        })
    }

    async fn forget(rule: &Rule, counts: Counts) -> Result<Outcome, ForgetEntryError> {
        let count = cells(&["0"]);
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule, &count]);
        Tables { client, ledger: "ledger", counts: "counts" }.forget(&entry(), counts).await
    }

    #[tokio::test]
    async fn the_entry_and_its_like_in_the_count_go_in_one_transaction() {
        for (counts, expression, change) in [
            (Counts::Lower, "ADD likes :change SET updatedAt = :now", "-1"),
            (Counts::Keep, "ADD forgotten :change SET updatedAt = :now", "1"),
        ] {
            let rule = mock!(Client::transact_write_items)
                .match_requests(move |input| {
                    let [deletion, update] = input.transact_items() else { return false };
                    let (delete, update) = (deletion.delete().unwrap(), update.update().unwrap());
                    let values = update.expression_attribute_values().unwrap();
                    delete.table_name() == "ledger"
                        && delete.key() == &tables::key(LIKE_KEY, "m#user#u-4")
                        && delete.condition_expression() == Some("attribute_exists(likeKey)")
                        && update.table_name() == "counts"
                        && update.key() == &tables::key(MOVIE_ID, "m")
                        && update.update_expression() == expression
                        && update.condition_expression() == Some("likes >= :one")
                        && values[":change"] == AttributeValue::N(change.into())
                        && values[":one"] == AttributeValue::N("1".into())
                })
                .then_output(|| TransactWriteItemsOutput::builder().build());
            assert_eq!(forget(&rule, counts).await.unwrap(), Outcome::Forgotten);
        }
    }

    #[tokio::test]
    async fn a_cancelled_transaction_says_what_is_gone() {
        for (entry, count, expected) in [
            ("ConditionalCheckFailed", "None", Outcome::Gone),
            ("ConditionalCheckFailed", "ConditionalCheckFailed", Outcome::Gone),
            ("None", "ConditionalCheckFailed", Outcome::NoCount),
            ("None", "ValidationError", Outcome::NoCount),
        ] {
            let rule = mock!(Client::transact_write_items).then_error(move || cancelled(entry, count));
            assert_eq!(forget(&rule, Counts::Lower).await.unwrap(), expected, "{entry} {count}");
            assert_eq!(rule.num_calls(), 1);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_like_is_taken_from_another_cell_if_the_first_has_none() {
        let rule = mock!(Client::transact_write_items)
            .sequence()
            .error(|| cancelled("None", "ConditionalCheckFailed"))
            .output(|| TransactWriteItemsOutput::builder().build())
            .build();
        let count = cells(&["0", "2", "7", "3"]);
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule, &count]);
        let tables = Tables { client, ledger: "ledger", counts: "counts" };
        assert_eq!(tables.largest_cell(&entry()).await.unwrap(), Some("m#2".into()));
        assert_eq!(tables.forget(&entry(), Counts::Lower).await.unwrap(), Outcome::Forgotten);
        assert_eq!(rule.num_calls(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_conflict_with_update_count_is_retried() {
        let rule = mock!(Client::transact_write_items)
            .sequence()
            .error(|| cancelled("None", "TransactionConflict"))
            .times(15)
            .output(|| TransactWriteItemsOutput::builder().build())
            .build();
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&rule]);
        let tables = Tables { client, ledger: "ledger", counts: "counts" };
        assert_eq!(tables.forget(&entry(), Counts::Keep).await.unwrap(), Outcome::Forgotten);
        assert_eq!(rule.num_calls(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_retry_does_not_change_is_an_error_at_once() {
        let rule = mock!(Client::transact_write_items).then_error(|| {
            let metadata = ErrorMetadata::builder().code("AccessDeniedException").build();
            TransactWriteItemsError::generic(metadata)
        });
        forget(&rule, Counts::Lower).await.unwrap_err();
        assert_eq!(rule.num_calls(), 1);
    }
}
