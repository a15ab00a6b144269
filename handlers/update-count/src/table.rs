//! The ledger and the counts in DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, ProvideErrorMetadata, SdkError},
    operation::transact_write_items::TransactWriteItemsError as Failure,
    types::{
        AttributeValue, CancellationReason, Put, TransactWriteItem, Update,
        error::TransactionCanceledException,
    },
};
use jiff::Timestamp;
use like::LikeEvent;
use thiserror::Error;

use crate::transaction::{Reason, Transact, TransactError, Transaction};

/// The tables were not written, as far as is known.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The request lacks something.
    #[error("the transaction could not be put together")]
    Build(#[from] BuildError),
    /// `DynamoDB` refused it or did not answer in time.
    #[error("DynamoDB did not acknowledge the transaction")]
    Call(#[from] Box<SdkError<Failure>>),
}

/// The two tables and the client to reach them.
#[derive(Debug, Clone)]
pub struct Tables {
    client: Client,
    ledger: String,
    counts: String,
}

impl Tables {
    /// The tables of these names.
    #[must_use]
    pub fn new(client: Client, ledger: String, counts: String) -> Self {
        Self { client, ledger, counts }
    }

    fn items(
        &self,
        transaction: Transaction<'_>,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, BuildError> {
        let entries = transaction.likes.iter().map(|like| {
            let put = Put::builder()
                .table_name(&self.ledger)
                .set_item(Some(ledger_entry(&like.event)))
                .condition_expression("attribute_not_exists(likeKey)")
                .build()?;
            Ok(TransactWriteItem::builder().put(put).build())
        });
        let addition = || {
            let update = Update::builder()
                .table_name(&self.counts)
                .key("movieId", AttributeValue::S(transaction.movie.to_string()))
                .update_expression("ADD likes :added SET updatedAt = :now")
                .expression_attribute_values(":added", AttributeValue::N(transaction.likes.len().to_string()))
                .expression_attribute_values(":now", AttributeValue::S(format!("{now:.3}")))
                .build()?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        entries.chain(std::iter::once_with(addition)).collect()
    }
}

impl Transact for Tables {
    type Error = WriteError;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<WriteError>> {
        let items = self
            .items(transaction, Timestamp::now())
            .map_err(|error| TransactError::Refused(error.into()))?;
        // The SDK sends one ClientRequestToken with all its tries of this call, so a try whose answer was lost
        // and the next are one transaction.
        match self.client.transact_write_items().set_transact_items(Some(items)).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(read_failure(Box::new(error), transaction.likes.len())),
        }
    }
}

/// The ledger's item of a like.
#[must_use]
pub fn ledger_entry(event: &LikeEvent) -> HashMap<String, AttributeValue> {
    let text = |value: String| AttributeValue::S(value);
    let mut entry = HashMap::from([
        ("likeKey".to_owned(), text(event.key().to_string())),
        ("movieId".to_owned(), text(event.movie_id.to_string())),
        ("likeId".to_owned(), text(event.like_id.to_string())),
        ("likedAt".to_owned(), text(format!("{:.3}", event.liked_at()))),
    ]);
    if let Some(user) = &event.user_id {
        entry.insert("userId".to_owned(), text(user.to_string()));
    }
    if let Some(time) = event.expires_at() {
        entry.insert("expiresAt".to_owned(), AttributeValue::N(time.as_second().to_string()));
    }
    entry
}

fn read_failure(error: Box<SdkError<Failure>>, likes: usize) -> TransactError<WriteError> {
    match error.as_service_error() {
        Some(Failure::TransactionCanceledException(cancelled)) => {
            read_reasons(cancelled, likes).unwrap_or_else(|| TransactError::Transient(error.into()))
        }
        Some(failure) if is_final(failure) => TransactError::Refused(error.into()),
        _ => TransactError::Transient(error.into()),
    }
}

/// Whether the same call would fail again until somebody mends something.
///
/// Whatever is not known to be so is worth another try.
fn is_final(failure: &Failure) -> bool {
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

/// The reasons of a cancellation, which DynamoDB gives in the order of the actions: one for each like, then
/// the count's.
fn read_reasons<E>(cancelled: &TransactionCanceledException, likes: usize) -> Option<TransactError<E>> {
    let (count, entries) = cancelled.cancellation_reasons().split_last()?;
    (entries.len() == likes).then(|| TransactError::Cancelled {
        likes: entries.iter().map(reason).collect(),
        count: reason(count),
    })
}

/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>, Errors.
fn reason(reason: &CancellationReason) -> Reason {
    match reason.code() {
        None | Some("None") => Reason::None,
        Some("ConditionalCheckFailed") => Reason::Exists,
        Some(code @ ("ValidationError" | "ItemCollectionSizeLimitExceeded")) => {
            Reason::Invalid(reason.message().unwrap_or(code).to_owned())
        }
        // TransactionConflict, ThrottlingError, ProvisionedThroughputExceeded, and what is yet to come.
        Some(_) => Reason::Contention,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        config::retry::RetryConfig,
        operation::transact_write_items::{TransactWriteItemsInput, TransactWriteItemsOutput},
        types::error::{InternalServerError, ResourceNotFoundException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use like::MovieId;

    use super::*;
    use crate::batch::Like;

    fn like(user: Option<&str>) -> Like {
        let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let event = LikeEvent::new(id, "m".parse().unwrap(), user.map(|user| user.parse().unwrap()));
        Like { key: event.key(), event, positions: vec![0] }
    }

    async fn transact(rule: &Rule, likes: &[Like]) -> Result<(), TransactError<WriteError>> {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule], |config| {
            config.retry_config(RetryConfig::disabled())
        });
        let movie: MovieId = "m".parse().unwrap();
        Tables::new(client, "ledger".into(), "counts".into())
            .transact(Transaction { movie: &movie, likes })
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
        let mut members: Vec<_> = item
            .iter()
            .map(|(name, value)| match value {
                AttributeValue::S(text) => format!("{name}={text}"),
                AttributeValue::N(number) => format!("{name}:{number}"),
                other => panic!("{other:?}"),
            })
            .collect();
        members.sort();
        members
    }

    /// That a request is the ledger's entries of `like(None)` and `like(Some("u"))` and their count.
    fn remembers_and_counts_both(input: &TransactWriteItemsInput) -> bool {
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
                "likeKey=m#01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "likedAt=2026-11-23T05:00:00.123Z",
                "movieId=m",
            ]
        );
        assert_eq!(
            text(users.item()),
            [
                "likeId=01a206c6-78fb-7cc3-98c4-dc0c0c07398f",
                "likeKey=m#user#u",
                "likedAt=2026-11-23T05:00:00.123Z",
                "movieId=m",
                "userId=u",
            ]
        );
        assert_eq!(count.table_name(), "counts");
        assert_eq!(text(count.key()), ["movieId=m"]);
        assert_eq!(count.update_expression(), "ADD likes :added SET updatedAt = :now");
        assert_eq!(count.expression_attribute_values().unwrap()[":added"], AttributeValue::N("2".into()));
        true
    }

    #[tokio::test]
    async fn one_transaction_remembers_the_likes_and_adds_their_number() {
        let rule = mock!(Client::transact_write_items)
            .match_requests(remembers_and_counts_both)
            .then_output(|| TransactWriteItemsOutput::builder().build());
        transact(&rule, &[like(None), like(Some("u"))]).await.unwrap();
        assert_eq!(rule.num_calls(), 1);
    }

    #[tokio::test]
    async fn the_reasons_of_a_cancellation_are_read_in_order() {
        let rule = cancelled(&["ConditionalCheckFailed", "None", "TransactionConflict"]);
        match transact(&rule, &[like(None), like(Some("u"))]).await {
            Err(TransactError::Cancelled { likes, count }) => {
                assert_eq!(likes, [Reason::Exists, Reason::None]);
                assert_eq!(count, Reason::Contention);
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn reasons_that_do_not_fit_the_transaction_settle_nothing() {
        for codes in [&[][..], &["ConditionalCheckFailed"], &["ConditionalCheckFailed"; 3]] {
            let result = transact(&cancelled(codes), &[like(None)]).await;
            assert!(matches!(result, Err(TransactError::Transient(_))), "{codes:?}: {result:?}");
        }
    }

    #[test]
    fn every_code_that_is_not_known_to_be_final_may_do_later() {
        let read = |code: &str| reason(&CancellationReason::builder().code(code).message("why").build());
        assert_eq!(read("None"), Reason::None);
        assert_eq!(read("ConditionalCheckFailed"), Reason::Exists);
        for code in ["ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict", "New"] {
            assert_eq!(read(code), Reason::Contention, "{code}");
        }
        for code in ["ValidationError", "ItemCollectionSizeLimitExceeded"] {
            assert_eq!(read(code), Reason::Invalid("why".into()), "{code}");
        }
    }

    #[tokio::test]
    async fn a_missing_table_is_final_and_an_internal_error_is_not() {
        let missing = mock!(Client::transact_write_items).then_error(|| {
            Failure::ResourceNotFoundException(
                ResourceNotFoundException::builder()
                    .meta(
                        aws_sdk_dynamodb::error::ErrorMetadata::builder()
                            .code("ResourceNotFoundException")
                            .build(),
                    )
                    .build(),
            )
        });
        assert!(matches!(transact(&missing, &[like(None)]).await, Err(TransactError::Refused(_))));
        let internal = mock!(Client::transact_write_items)
            .then_error(|| Failure::InternalServerError(InternalServerError::builder().build()));
        assert!(matches!(transact(&internal, &[like(None)]).await, Err(TransactError::Transient(_))));
    }
}
