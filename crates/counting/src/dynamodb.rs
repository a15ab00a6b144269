//! Transactions with likes in DynamoDB.

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError as Failure,
    types::{
        AttributeValue, CancellationReason, Put, TransactWriteItem, Update,
        error::TransactionCanceledException,
    },
};
use tables::{Cell, Cells, ItemError, LIKE_KEY, LedgerEntry, MOVIE_ID, MalformedCount, ReadCountsError};
use thiserror::Error;

use crate::transaction::{Reason, Transact, TransactError, Transaction};

/// The transaction was not acknowledged.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The request is incomplete.
    #[error("the transaction could not be built")]
    Build(#[from] BuildError),
    /// A ledger entry could not be encoded as an item.
    #[error("a ledger entry could not be encoded")]
    Encode(#[from] ItemError),
    /// The cells of a count were not read.
    #[error("the cells of a count were not read")]
    Read(#[from] ReadCountsError),
    /// A count is malformed, which takes a write by hand.
    #[error("the count is malformed")]
    Malformed(#[from] MalformedCount),
    /// `DynamoDB` rejected or cancelled the transaction, or did not respond in time.
    #[error("DynamoDB did not acknowledge the transaction")]
    Call(#[from] Box<SdkError<Failure>>),
}

/// The ledger, the table of counts, and the client to reach them.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(crate) client: Client,
    pub(crate) ledger: String,
    pub(crate) counts: String,
}

impl Tables {
    /// The tables with these names.
    #[must_use]
    pub fn new(client: Client, ledger: String, counts: String) -> Self {
        Self { client, ledger, counts }
    }

    fn items(&self, transaction: Transaction<'_>) -> Result<Vec<TransactWriteItem>, WriteError> {
        let entries = transaction.likes.iter().map(|like| {
            let put = Put::builder()
                .table_name(&self.ledger)
                .set_item(Some(LedgerEntry::new(&like.event).to_item()?))
                .condition_expression(format!("attribute_not_exists({LIKE_KEY})"))
                .build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let addition = || {
            let update = Update::builder()
                .table_name(&self.counts)
                .key(MOVIE_ID, AttributeValue::S(transaction.cell.key(transaction.movie.as_str())))
                .set_condition_expression(condition(transaction.cell).map(str::to_owned))
                .update_expression("ADD likes :added SET updatedAt = :now")
                .expression_attribute_values(":added", AttributeValue::N(transaction.likes.len().to_string()))
                .expression_attribute_values(
                    ":now",
                    AttributeValue::S(format!("{:.3}", transaction.token.created_at())),
                )
                .build()?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        entries.chain(std::iter::once_with(addition)).collect()
    }
}

/// What must hold for a transaction to add to a cell: that it exists, or that no others do. The first cell always exists.
fn condition(cell: Cell) -> Option<&'static str> {
    match (cell.index(), cell.of()) {
        (0, Cells::ONE) => Some("attribute_not_exists(cells)"),
        (0, _) => None,
        _ => Some("attribute_exists(movieId)"),
    }
}

impl Transact for Tables {
    type Error = WriteError;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<WriteError>> {
        let items = self.items(transaction).map_err(TransactError::Rejected)?;
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        match request.client_request_token(transaction.token.id().to_string()).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(read_failure(Box::new(error), transaction.likes.len())),
        }
    }
}

fn read_failure(error: Box<SdkError<Failure>>, likes: usize) -> TransactError<WriteError> {
    match error.as_service_error() {
        Some(Failure::TransactionCanceledException(cancelled)) => {
            read_reasons(cancelled, likes).unwrap_or_else(|| TransactError::Transient(error.into()))
        }
        // This call wrote nothing, and no retry with its token will. A cancellation gets a new token.
        Some(Failure::IdempotentParameterMismatchException(_)) => {
            TransactError::Cancelled { likes: vec![Reason::None; likes], count: Reason::Throttled }
        }
        Some(failure) if is_final(failure) => TransactError::Rejected(error.into()),
        _ => TransactError::Transient(error.into()),
    }
}

/// Whether a retry is useless until an operator fixes something. Any code that is not known to be final is retried.
pub(crate) fn is_final(failure: &Failure) -> bool {
    matches!(
        failure.code(),
        Some(
            "AccessDeniedException"
                | "ResourceNotFoundException"
                | "UnrecognizedClientException"
                | "ValidationException"
        )
    )
}

/// The reasons of a cancellation, in the order of the actions: one for each like, then the count's. `None` if there are
/// too few or too many.
fn read_reasons<E>(cancelled: &TransactionCanceledException, likes: usize) -> Option<TransactError<E>> {
    let (count, entries) = cancelled.cancellation_reasons().split_last()?;
    (entries.len() == likes).then(|| TransactError::Cancelled {
        likes: entries.iter().map(reason).collect(),
        count: match reason(count) {
            Reason::Exists => Reason::OtherCells,
            reason => reason,
        },
    })
}

/// The codes are listed in <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>
/// under Errors.
fn reason(reason: &CancellationReason) -> Reason {
    match reason.code() {
        None | Some("None") => Reason::None,
        Some("ConditionalCheckFailed") => Reason::Exists,
        Some(code @ ("ValidationError" | "ItemCollectionSizeLimitExceeded")) => {
            Reason::Permanent(reason.message().unwrap_or(code).to_owned())
        }
        Some("TransactionConflict") => Reason::Conflict,
        // ThrottlingError, ProvisionedThroughputExceeded, and codes that AWS may add.
        Some(_) => Reason::Throttled,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use aws_sdk_dynamodb::{
        config::retry::RetryConfig,
        error::ErrorMetadata,
        operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        types::error::IdempotentParameterMismatchException,
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use like::{LikeEvent, MovieId};

    use super::*;
    use crate::{
        batch::Like,
        transaction::{MAX_LIKES, Token},
    };

    const MOVIE: &str = "Tt0111161";

    /// The ids have both cases, since case matters.
    fn like(user: Option<&str>) -> Like {
        let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let event = LikeEvent::new(id, MOVIE.parse().unwrap(), user.map(|user| user.parse().unwrap()));
        Like { key: event.key(), event, positions: vec![0] }
    }

    fn tables(rule: &Rule) -> Tables {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        Tables::new(client, "ledger".into(), "counts".into())
    }

    async fn transact(rule: &Rule, likes: &[Like]) -> Result<(), TransactError<WriteError>> {
        let movie: MovieId = MOVIE.parse().unwrap();
        tables(rule)
            .transact(Transaction { movie: &movie, likes, cell: Cell::ONLY, token: Token::new() })
            .await
    }

    fn cancelled(codes: &'static [&'static str]) -> Rule {
        mock!(Client::transact_write_items).then_error(move || {
            let reasons =
                codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect();
            Failure::TransactionCanceledException(
                TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build(),
            )
        })
    }

    fn text(item: &HashMap<String, AttributeValue>) -> Vec<String> {
        let mut attributes: Vec<_> = item
            .iter()
            .map(|(name, value)| match value {
                AttributeValue::S(text) => format!("{name}={text}"),
                AttributeValue::N(number) => format!("{name}:{number}"),
                other => panic!("{other:?}"),
            })
            .collect();
        attributes.sort();
        attributes
    }

    /// Asserts that a request writes ledger entries for `like(None)` and `like(Some("U-42"))` and adds 2 to the count.
    fn counts_both_likes(input: &TransactWriteItemsInput, token: Token) -> bool {
        let [anonymous, users, count] = input.transact_items() else { panic!("{input:?}") };
        let (anonymous, users) = (anonymous.put().unwrap(), users.put().unwrap());
        let count = count.update().unwrap();
        for put in [anonymous, users] {
            assert_eq!(put.table_name(), "ledger");
            assert_eq!(put.condition_expression(), Some("attribute_not_exists(likeKey)"));
        }
        assert_eq!(
            text(anonymous.item()),
            [
                "expiresAt:1798002000",
                "likeId=01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "likeKey=Tt0111161#01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "likedAt=2026-11-23T05:00:00.123Z",
                "movieId=Tt0111161",
            ]
        );
        assert_eq!(
            text(users.item()),
            [
                "likeId=01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "likeKey=Tt0111161#user#U-42",
                "likedAt=2026-11-23T05:00:00.123Z",
                "movieId=Tt0111161",
                "userId=U-42",
            ]
        );
        assert_eq!(count.table_name(), "counts");
        assert_eq!(text(count.key()), ["movieId=Tt0111161"]);
        assert_eq!(count.update_expression(), "ADD likes :added SET updatedAt = :now");
        assert_eq!(count.condition_expression(), Some("attribute_not_exists(cells)"));
        let now = format!(":now={:.3}", token.created_at());
        assert_eq!(text(count.expression_attribute_values().unwrap()), [":added:2", &now]);
        assert_eq!(input.client_request_token(), Some(token.id().to_string().as_str()));
        true
    }

    #[tokio::test]
    async fn one_transaction_writes_the_ledger_entries_and_adds_their_number() {
        let token = Token::new();
        let rule = mock!(Client::transact_write_items)
            .match_requests(move |input| counts_both_likes(input, token))
            .then_output(|| TransactWriteItemsOutput::builder().build());
        let (movie, likes) = (MOVIE.parse().unwrap(), [like(None), like(Some("U-42"))]);
        tables(&rule)
            .transact(Transaction { movie: &movie, likes: &likes, cell: Cell::ONLY, token })
            .await
            .unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[test]
    fn the_count_grows_by_the_number_of_ledger_entries() {
        let tables = tables(&cancelled(&[]));
        let movie = MOVIE.parse().unwrap();
        for number in 1..=MAX_LIKES {
            let likes: Vec<_> = (0..number).map(|user| like(Some(&format!("u{user}")))).collect();
            let items = tables
                .items(Transaction { movie: &movie, likes: &likes, cell: Cell::ONLY, token: Token::new() })
                .unwrap();
            let (count, entries) = items.split_last().unwrap();
            assert_eq!(entries.iter().filter(|entry| entry.put().is_some()).count(), number);
            let values = count.update().unwrap().expression_attribute_values().unwrap();
            assert_eq!(values[":added"], AttributeValue::N(number.to_string()));
        }
    }

    #[tokio::test]
    async fn the_reasons_of_a_cancellation_are_read_in_order() {
        let rule = cancelled(&["ConditionalCheckFailed", "None", "TransactionConflict"]);
        match transact(&rule, &[like(None), like(Some("U-42"))]).await {
            Err(TransactError::Cancelled { likes, count }) => {
                assert_eq!(likes, [Reason::Exists, Reason::None]);
                assert_eq!(count, Reason::Conflict);
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_failed_condition_of_the_count_says_that_it_has_other_cells() {
        let rule = cancelled(&["None", "ConditionalCheckFailed"]);
        match transact(&rule, &[like(None)]).await {
            Err(TransactError::Cancelled { likes, count }) => {
                assert_eq!((likes, count), (vec![Reason::None], Reason::OtherCells));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_transaction_adds_to_a_cell_that_exists() {
        let tables = tables(&cancelled(&[]));
        let (movie, likes) = (MOVIE.parse().unwrap(), [like(None)]);
        let four = Cells::try_from(4).unwrap();
        for (cell, key, condition) in [
            (Cell::ONLY, "Tt0111161", Some("attribute_not_exists(cells)")),
            (four.of_shard(8), "Tt0111161", None),
            (four.of_shard(7), "Tt0111161#3", Some("attribute_exists(movieId)")),
        ] {
            let transaction = Transaction { movie: &movie, likes: &likes, cell, token: Token::new() };
            let items = tables.items(transaction).unwrap();
            let count = items[1].update().unwrap();
            assert_eq!(
                (text(count.key()), count.condition_expression()),
                (vec![format!("movieId={key}")], condition)
            );
        }
    }

    #[tokio::test]
    async fn a_cancellation_with_too_few_or_too_many_reasons_is_retried() {
        for codes in [&[][..], &["ConditionalCheckFailed"], &["ConditionalCheckFailed"; 3]] {
            let result = transact(&cancelled(codes), &[like(None)]).await;
            assert!(matches!(result, Err(TransactError::Transient(_))), "{codes:?}: {result:?}");
        }
    }

    #[test]
    fn a_code_that_is_not_known_to_be_permanent_is_retried() {
        let read = |code: &str| reason(&CancellationReason::builder().code(code).message("why").build());
        assert_eq!(read("None"), Reason::None);
        assert_eq!(read("ConditionalCheckFailed"), Reason::Exists);
        assert_eq!(read("TransactionConflict"), Reason::Conflict);
        for code in ["ThrottlingError", "ProvisionedThroughputExceeded", "New"] {
            assert_eq!(read(code), Reason::Throttled, "{code}");
        }
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded"] {
            assert_eq!(read(code), Reason::Permanent("why".into()), "{code}");
        }
    }

    /// The error of a transaction that fails with this error code, or without one.
    async fn failure(code: Option<&'static str>) -> TransactError<WriteError> {
        let rule = mock!(Client::transact_write_items).then_error(move || {
            let mut meta = ErrorMetadata::builder();
            meta = if let Some(code) = code { meta.code(code) } else { meta };
            Failure::generic(meta.build())
        });
        transact(&rule, &[like(None)]).await.unwrap_err()
    }

    #[tokio::test]
    async fn only_errors_that_an_operator_must_fix_are_final() {
        for code in [
            "AccessDeniedException",
            "ResourceNotFoundException",
            "UnrecognizedClientException",
            "ValidationException",
        ] {
            assert!(matches!(failure(Some(code)).await, TransactError::Rejected(_)), "{code}");
        }
        for code in [
            None,
            Some("InternalServerError"),
            Some("LimitExceededException"),
            Some("ProvisionedThroughputExceededException"),
            Some("RequestLimitExceeded"),
            Some("ThrottlingException"),
            Some("TransactionInProgressException"),
        ] {
            assert!(matches!(failure(code).await, TransactError::Transient(_)), "{code:?}");
        }
    }

    #[tokio::test]
    async fn a_token_mismatch_is_a_cancellation_so_the_retry_has_a_new_token() {
        let rule = mock!(Client::transact_write_items).then_error(|| {
            Failure::IdempotentParameterMismatchException(
                IdempotentParameterMismatchException::builder().build(),
            )
        });
        match transact(&rule, &[like(None), like(Some("u"))]).await {
            Err(TransactError::Cancelled { likes, count }) => {
                assert_eq!((likes, count), (vec![Reason::None; 2], Reason::Throttled));
            }
            other => panic!("{other:?}"),
        }
    }
}
