//! The cells of a count in `DynamoDB`: they are made and folded in the transaction that changes their number.

use std::{iter, time::Duration};

use aws_sdk_dynamodb::{
    error::BuildError,
    operation::transact_write_items::TransactWriteItemsError as Failure,
    types::{AttributeValue, Delete, TransactWriteItem, Update},
};
use jiff::{SignedDuration, Timestamp};
use like::MovieId;
use tables::{BatchGet, Cell, Cells, Count, MOVIE_ID, MovieCount, ReadCounts, ReadCountsError, key};

use crate::{
    dynamodb::{Tables, WriteError, is_final},
    spread::{CountCells, QUIET},
    transaction::TransactError,
};

/// The pauses before unprocessed keys are retried.
const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(200)];

impl CountCells for Tables {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<WriteError>> {
        let get = BatchGet { table: &self.counts, attributes: "cells", consistent: true };
        let read = get.read(&self.client, vec![key(MOVIE_ID, movie.as_str())], PAUSES).await;
        let read = read.map_err(|error| TransactError::Transient(ReadCountsError::from(error).into()))?;
        if read.unprocessed > 0 {
            return Err(TransactError::Transient(ReadCountsError::Unprocessed(read.unprocessed).into()));
        }
        let cells = read.items.first().and_then(|item| item.get("cells")?.as_n().ok()?.parse::<u8>().ok());
        Ok(cells.and_then(|cells| Cells::try_from(cells).ok()).unwrap_or_default())
    }

    async fn spread(
        &self,
        movie: &MovieId,
        from: Cells,
        to: Cells,
    ) -> Result<bool, TransactError<WriteError>> {
        self.write(self.spreading(movie, from, to, Timestamp::now())).await
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<WriteError>> {
        let read = ReadCounts {
            client: &self.client,
            table: &self.counts,
            attributes: Count::ALL,
            consistent: true,
        };
        let mut counts = read.read([movie.as_str()], || PAUSES).await.map_err(transient)?;
        let Some(count) = counts.remove(movie.as_str()) else { return Ok(Cells::ONE) };
        let count = count.map_err(transient)?;
        let cells = count.cells.first().map(|first| first.cells).unwrap_or_default();
        if cells > Cells::ONE && is_quiet(&count, &mine.key(movie.as_str()), Timestamp::now()) {
            let is_folded = self.write(self.folding(&count)).await?;
            return Ok(if is_folded { Cells::ONE } else { cells });
        }
        Ok(cells)
    }
}

/// Whether no other cell than the one with this key has been added to in the last [`QUIET`].
fn is_quiet(count: &MovieCount, mine: &str, now: Timestamp) -> bool {
    let is_old = |updated: Timestamp| {
        now.duration_since(updated) >= SignedDuration::try_from(QUIET).unwrap_or_default()
    };
    let mut others = count.cells.iter().filter(|cell| cell.movie_id != mine);
    others.all(|cell| cell.updated_at.is_none_or(is_old))
}

impl Tables {
    /// Makes the new cells, empty. The first one may not exist: then no transaction with likes was carried out yet.
    fn spreading(
        &self,
        movie: &MovieId,
        from: Cells,
        to: Cells,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, BuildError> {
        let update = |cell: Cell| {
            Update::builder()
                .table_name(&self.counts)
                .key(MOVIE_ID, AttributeValue::S(cell.key(movie.as_str())))
                .expression_attribute_values(":none", number(0))
                .expression_attribute_values(":now", AttributeValue::S(format!("{now:.3}")))
        };
        let first = update(to.first())
            .update_expression("SET cells = :to, likes = if_not_exists(likes, :none), updatedAt = :now")
            .expression_attribute_values(":to", number(to.number().into()));
        let first = match from {
            Cells::ONE => first.condition_expression("attribute_not_exists(cells)"),
            from => first
                .condition_expression("cells = :from")
                .expression_attribute_values(":from", number(from.number().into())),
        };
        let others = to.others().filter(|cell| cell.index() >= from.number()).map(|cell| {
            update(cell)
                // What may be left of a count whose first item was deleted by hand was in no reader's sum.
                .update_expression("SET likes = :none, updatedAt = :now REMOVE forgotten")
                .build()
        });
        let updates = iter::once_with(|| first.build()).chain(others);
        updates.map(|update| Ok(TransactWriteItem::builder().update(update?).build())).collect()
    }

    /// Moves the likes of all cells into the first and deletes the others, unless one was written since it was read.
    fn folding(&self, count: &MovieCount) -> Result<Vec<TransactWriteItem>, BuildError> {
        let Some((first, others)) = count.cells.split_first() else { return Ok(Vec::new()) };
        let sum = |likes: fn(&Count) -> u64| others.iter().map(likes).sum();
        let forgotten = sum(|cell| cell.forgotten);
        let mut additions = "ADD likes :likes".to_owned();
        let mut update = Update::builder()
            .table_name(&self.counts)
            .key(MOVIE_ID, AttributeValue::S(first.movie_id.clone()))
            .condition_expression("cells = :cells")
            .expression_attribute_values(":cells", number(first.cells.number().into()))
            .expression_attribute_values(":likes", number(sum(|cell| cell.likes)));
        if forgotten > 0 {
            additions.push_str(", forgotten :forgotten");
            update = update.expression_attribute_values(":forgotten", number(forgotten));
        }
        if let Some(updated_at) = count.updated_at() {
            additions.push_str(" SET updatedAt = :updatedAt");
            let updated_at = AttributeValue::S(format!("{updated_at:.3}"));
            update = update.expression_attribute_values(":updatedAt", updated_at);
        }
        let update = update.update_expression(format!("{additions} REMOVE cells")).build();
        let deletions = others.iter().map(|cell| {
            let delete = Delete::builder()
                .table_name(&self.counts)
                .key(MOVIE_ID, AttributeValue::S(cell.movie_id.clone()))
                .expression_attribute_values(":likes", number(cell.likes));
            let delete = match cell.forgotten {
                0 => delete.condition_expression("likes = :likes AND attribute_not_exists(forgotten)"),
                forgotten => delete
                    .condition_expression("likes = :likes AND forgotten = :forgotten")
                    .expression_attribute_values(":forgotten", number(forgotten)),
            };
            Ok(TransactWriteItem::builder().delete(delete.build()?).build())
        });
        let update =
            iter::once(update).map(|update| Ok(TransactWriteItem::builder().update(update?).build()));
        update.chain(deletions).collect()
    }

    /// Carries out a transaction. Returns whether it was: not if it was cancelled.
    async fn write(
        &self,
        items: Result<Vec<TransactWriteItem>, BuildError>,
    ) -> Result<bool, TransactError<WriteError>> {
        let items = items.map_err(|error| TransactError::Rejected(error.into()))?;
        let result = self.client.transact_write_items().set_transact_items(Some(items)).send().await;
        let Err(error) = result else { return Ok(true) };
        match error.as_service_error() {
            Some(Failure::TransactionCanceledException(_)) => Ok(false),
            Some(failure) if is_final(failure) => Err(TransactError::Rejected(Box::new(error).into())),
            _ => Err(TransactError::Transient(Box::new(error).into())),
        }
    }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn transient(error: impl Into<WriteError>) -> TransactError<WriteError> {
    TransactError::Transient(error.into())
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::transact_write_items::TransactWriteItemsOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    fn tables() -> Tables {
        let rule =
            mock!(Client::transact_write_items).then_output(|| TransactWriteItemsOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        Tables::new(client, "ledger".into(), "counts".into())
    }

    fn cells(number: u8) -> Cells {
        Cells::try_from(number).unwrap()
    }

    fn key_of(key: &tables::Item) -> &str {
        key[MOVIE_ID].as_s().unwrap()
    }

    #[test]
    fn new_cells_are_made_with_their_number_if_nobody_else_made_them() {
        let movie = "m".parse().unwrap();
        for (from, to, condition, made) in
            [(1, 2, "attribute_not_exists(cells)", &["m#1"][..]), (2, 4, "cells = :from", &["m#2", "m#3"])]
        {
            let items = tables().spreading(&movie, cells(from), cells(to), Timestamp::UNIX_EPOCH).unwrap();
            let updates: Vec<_> = items.iter().map(|item| item.update().unwrap()).collect();
            let (first, others) = updates.split_first().unwrap();
            let values = first.expression_attribute_values().unwrap();
            assert_eq!((key_of(first.key()), first.condition_expression()), ("m", Some(condition)));
            assert_eq!(values[":to"], number(to.into()));
            assert_eq!(values.get(":from"), (from > 1).then(|| number(from.into())).as_ref());
            assert_eq!(others.iter().map(|cell| key_of(cell.key())).collect::<Vec<_>>(), made);
            for cell in others {
                assert_eq!(cell.update_expression(), "SET likes = :none, updatedAt = :now REMOVE forgotten");
                assert_eq!(cell.expression_attribute_values().unwrap()[":none"], number(0));
            }
        }
    }

    fn cell(id: &str, likes: u64, forgotten: u64, of: u8, updated_at: &str) -> Count {
        let updated_at = Some(updated_at.parse().unwrap());
        Count { movie_id: id.to_owned(), likes, cells: cells(of), forgotten, updated_at }
    }

    fn count() -> MovieCount {
        let cells = vec![
            cell("m", 5, 1, 3, "2026-11-23T05:00:00Z"),
            cell("m#1", 10, 0, 1, "2026-11-23T05:00:40Z"),
            cell("m#2", 100, 2, 1, "2026-11-23T05:00:20Z"),
        ];
        MovieCount { cells }
    }

    #[test]
    fn cells_are_folded_as_they_were_read_or_not_at_all() {
        let items = tables().folding(&count()).unwrap();
        let (update, deletions) = items.split_first().unwrap();
        let update = update.update().unwrap();
        let values = update.expression_attribute_values().unwrap();
        assert_eq!((key_of(update.key()), update.condition_expression()), ("m", Some("cells = :cells")));
        assert_eq!(
            update.update_expression(),
            "ADD likes :likes, forgotten :forgotten SET updatedAt = :updatedAt REMOVE cells"
        );
        assert_eq!(
            [":cells", ":likes", ":forgotten"].map(|name| &values[name]),
            [&number(3), &number(110), &number(2)]
        );
        assert_eq!(values[":updatedAt"], AttributeValue::S("2026-11-23T05:00:40.000Z".into()));
        let deletions: Vec<_> = deletions.iter().map(|item| item.delete().unwrap()).collect();
        let deleted: Vec<_> = deletions
            .iter()
            .map(|delete| {
                let read = &delete.expression_attribute_values().unwrap()[":likes"];
                (key_of(delete.key()), delete.condition_expression().unwrap(), read.as_n().unwrap().as_str())
            })
            .collect();
        assert_eq!(
            deleted,
            [
                ("m#1", "likes = :likes AND attribute_not_exists(forgotten)", "10"),
                ("m#2", "likes = :likes AND forgotten = :forgotten", "100"),
            ]
        );
    }

    #[test]
    fn a_count_is_quiet_a_minute_after_any_other_cell_was_written() {
        let quiet = |mine, now: &str| is_quiet(&count(), mine, now.parse().unwrap());
        assert!(!quiet("m#2", "2026-11-23T05:01:39Z"));
        assert!(quiet("m#2", "2026-11-23T05:01:40Z"));
        assert!(quiet("m#1", "2026-11-23T05:01:20Z"), "its own cell may be young");
        assert!(!quiet("m", "2026-11-23T05:00:00Z"), "a clock may be behind");
    }

    #[test]
    fn all_cells_are_made_and_folded_in_one_transaction() {
        let movie = "m".parse().unwrap();
        let made = tables().spreading(&movie, Cells::ONE, Cells::MAX, Timestamp::UNIX_EPOCH).unwrap();
        assert!(made.len() <= crate::MAX_TRANSACT_ITEMS, "{}", made.len());
        assert_eq!(made.len(), usize::from(Cells::MAX.number()));
        let cells =
            (0..64).map(|index| cell(&format!("m#{index}"), 1, 0, 64, "2026-11-23T05:00:00Z")).collect();
        assert_eq!(tables().folding(&MovieCount { cells }).unwrap().len(), made.len());
    }
}
