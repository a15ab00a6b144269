//! The ledger: which likes it lacks, and entering likes that only it lacks.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{Client, error::SdkError, operation::put_item::PutItemError};
use backon::{BackoffBuilder, ExponentialBuilder};
use like::LikeEvent;
use tables::{BatchGet, BatchGetError, ItemError, LIKE_KEY, LedgerEntry};
use thiserror::Error;

/// The pauses before a throttled read is retried: about a minute in all.
pub(crate) fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(15)
        .with_jitter()
        .build()
}

/// The ledger cannot be used.
#[derive(Debug, Error)]
pub(crate) enum LedgerError {
    #[error("the ledger cannot be read")]
    Get(#[from] BatchGetError),
    #[error(
        "DynamoDB left {0} keys unprocessed again and again; it throttles the ledger, so run this again later"
    )]
    Unprocessed(usize),
    #[error("an entry could not be encoded")]
    Encode(#[from] ItemError),
    #[error("an entry cannot be put into the ledger")]
    Put(#[from] Box<SdkError<PutItemError>>),
}

/// The ledger's table and the client to reach it.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    client: Client,
    table: String,
}

impl Ledger {
    pub(crate) fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Returns those of up to [`tables::MAX_KEYS`] likes that have no entry, each once.
    pub(crate) async fn missing(&self, likes: Vec<LikeEvent>) -> Result<Vec<LikeEvent>, LedgerError> {
        let mut missing: HashMap<String, LikeEvent> =
            likes.into_iter().map(|like| (like.key().to_string(), like)).collect();
        let keys = missing.keys().map(|key| tables::key(LIKE_KEY, key)).collect();
        let get = BatchGet { table: &self.table, attributes: LIKE_KEY, consistent: true };
        let read = get.read(&self.client, keys, pauses()).await?;
        if read.unprocessed > 0 {
            return Err(LedgerError::Unprocessed(read.unprocessed));
        }
        for key in read.items.iter().filter_map(|entry| entry.get(LIKE_KEY)?.as_s().ok()) {
            missing.remove(key);
        }
        Ok(missing.into_values().collect())
    }

    /// Enters a like that the count has, unless it has an entry.
    pub(crate) async fn enter(&self, like: &LikeEvent) -> Result<(), LedgerError> {
        let entry = LedgerEntry::new(like).to_item()?;
        let request = self.client.put_item().table_name(&self.table).set_item(Some(entry));
        let request = request.condition_expression(format!("attribute_not_exists({LIKE_KEY})"));
        match request.send().await {
            Err(error) if !exists(&error) => Err(Box::new(error).into()),
            _ => Ok(()),
        }
    }
}

fn exists(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{operation::batch_get_item::BatchGetItemOutput, types::KeysAndAttributes};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use jiff::Timestamp;
    use like::LikeId;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keys_that_stay_unprocessed_are_an_error_after_15_retries() {
        let rule = mock!(Client::batch_get_item).match_requests(|_| true).then_output(|| {
            let unprocessed = KeysAndAttributes::builder().keys(tables::key(LIKE_KEY, "k")).build().unwrap();
            BatchGetItemOutput::builder().unprocessed_keys("ledger", unprocessed).build()
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let like = LikeEvent::new(LikeId::new(Timestamp::now()), "m".parse().unwrap(), None);
        let error = Ledger::new(client, "ledger".into()).missing(vec![like]).await.unwrap_err();
        assert!(matches!(error, LedgerError::Unprocessed(1)), "{error:?}");
        assert_eq!(rule.num_calls(), 16);
    }
}
