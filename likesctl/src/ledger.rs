//! The ledger, asked which likes it knows.

use std::{collections::HashMap, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::{batch_get_item::BatchGetItemError, put_item::PutItemError},
    types::{AttributeValue, KeysAndAttributes},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use like::LikeEvent;
use thiserror::Error;
use tokio::time::sleep;
use update_count::ledger_entry;

/// The most items that one call may ask for.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
pub(crate) const MAX_KEYS: usize = 100;

/// The pauses before keys are asked for again that `DynamoDB` had no capacity for: about a minute in all.
fn pauses() -> impl Iterator<Item = Duration> {
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
    #[error("the request for entries could not be put together")]
    Build(#[from] BuildError),
    #[error("the ledger cannot be read")]
    Get(#[from] Box<SdkError<BatchGetItemError>>),
    #[error("DynamoDB left {0} entries over again and again; it is throttled, so run this again later")]
    LeftOver(usize),
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

    /// Those of at most [`MAX_KEYS`] likes that have no entry, each once.
    pub(crate) async fn missing(&self, likes: Vec<LikeEvent>) -> Result<Vec<LikeEvent>, LedgerError> {
        let mut missing: HashMap<String, LikeEvent> =
            likes.into_iter().map(|like| (like.key().to_string(), like)).collect();
        let keys =
            missing.keys().map(|key| HashMap::from([("likeKey".to_owned(), AttributeValue::S(key.clone()))]));
        let request = KeysAndAttributes::builder().set_keys(Some(keys.collect()));
        let mut request = Some(request.projection_expression("likeKey").consistent_read(true).build()?);
        let mut pauses = pauses();
        while let Some(keys) = request.take() {
            let answer = self.client.batch_get_item().request_items(&self.table, keys).send().await;
            let answer = answer.map_err(Box::new)?;
            for entry in answer.responses.into_iter().flat_map(HashMap::into_values).flatten() {
                if let Some(Ok(key)) = entry.get("likeKey").map(AttributeValue::as_s) {
                    missing.remove(key);
                }
            }
            request = answer.unprocessed_keys.and_then(|mut keys| keys.remove(&self.table));
            if let Some(left) = &request {
                sleep(pauses.next().ok_or(LedgerError::LeftOver(left.keys().len()))?).await;
            }
        }
        Ok(missing.into_values().collect())
    }

    /// Enters a like that the count has, unless it has an entry.
    pub(crate) async fn remember(&self, like: &LikeEvent) -> Result<(), LedgerError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(ledger_entry(like)));
        match request.condition_expression("attribute_not_exists(likeKey)").send().await {
            Err(error) if !is_there(&error) => Err(Box::new(error).into()),
            _ => Ok(()),
        }
    }
}

fn is_there(error: &SdkError<PutItemError>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use jiff::Timestamp;
    use like::LikeId;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn keys_that_are_left_over_for_ever_are_given_up() {
        let rule = mock!(Client::batch_get_item).match_requests(|_| true).then_output(|| {
            let key = HashMap::from([("likeKey".to_owned(), AttributeValue::S("left".into()))]);
            let left = KeysAndAttributes::builder().keys(key).build().unwrap();
            BatchGetItemOutput::builder().unprocessed_keys("ledger", left).build()
        });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let like = LikeEvent::new(LikeId::new(Timestamp::now()), "m".parse().unwrap(), None);
        let error = Ledger::new(client, "ledger".into()).missing(vec![like]).await.unwrap_err();
        assert!(matches!(error, LedgerError::LeftOver(1)), "{error:?}");
        assert_eq!(rule.num_calls(), 16);
    }
}
