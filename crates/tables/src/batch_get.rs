//! Reading many items of a table in one call.

use std::{iter, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, SdkError},
    operation::batch_get_item::BatchGetItemError,
    types::KeysAndAttributes,
};
use thiserror::Error;
use tokio::time::sleep;

use crate::Item;

/// The maximum number of keys in one call.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
pub const MAX_KEYS: usize = 100;

/// The items were not read.
#[derive(Debug, Error)]
pub enum BatchGetError {
    /// The request is incomplete.
    #[error("the request could not be built")]
    Build(#[from] BuildError),
    /// `DynamoDB` rejected the request or did not respond in time.
    #[error("DynamoDB did not carry out the read")]
    Call(#[from] Box<SdkError<BatchGetItemError>>),
}

/// A read of up to [`MAX_KEYS`] items.
#[derive(Debug, Clone)]
pub struct BatchGet<'a> {
    /// The table's name.
    pub table: &'a str,
    /// The attributes to read, separated by commas: a projection expression.
    pub attributes: &'a str,
    /// Whether the read reflects every acknowledged write, at twice the price.
    ///
    /// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>.
    pub consistent: bool,
}

/// The result of a read.
#[derive(Debug, Default)]
pub struct Read {
    /// The items that exist, in no particular order.
    pub items: Vec<Item>,
    /// The number of keys that are unprocessed after the last attempt, as happens when a table is throttled.
    pub unprocessed: usize,
}

impl BatchGet<'_> {
    /// Reads the items with these keys, up to [`MAX_KEYS`] distinct ones. Unprocessed keys are retried after each of
    /// `pauses`, until none are left or the pauses run out.
    ///
    /// # Errors
    /// [`BatchGetError`] if a call fails.
    pub async fn read(
        &self,
        client: &Client,
        keys: Vec<Item>,
        pauses: impl IntoIterator<Item = Duration>,
    ) -> Result<Read, BatchGetError> {
        let mut read = Read { items: Vec::with_capacity(keys.len()), unprocessed: keys.len() };
        let mut keys = keys;
        for pause in iter::once(Duration::ZERO).chain(pauses) {
            sleep(pause).await;
            let request = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .projection_expression(self.attributes)
                .consistent_read(self.consistent)
                .build()?;
            let output = client.batch_get_item().request_items(self.table, request).send().await;
            let output = output.map_err(Box::new)?;
            read.items.extend(output.responses.into_iter().flatten().flat_map(|(_, items)| items));
            let unprocessed = output.unprocessed_keys.into_iter().flatten();
            keys = unprocessed.flat_map(|(_, request)| request.keys).collect();
            read.unprocessed = keys.len();
            if keys.is_empty() {
                break;
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemOutput;
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use tokio::time::Instant;

    use super::*;
    use crate::key;

    const GET: BatchGet<'_> = BatchGet { table: "table", attributes: "id, name", consistent: true };

    /// A table that returns the item `found` for the keys `requested`, and leaves the key `unprocessed`.
    fn table(
        requested: &'static [&'static str],
        found: &'static str,
        unprocessed: Option<&'static str>,
    ) -> Rule {
        mock!(Client::batch_get_item)
            .match_requests(move |input| {
                let request = &input.request_items().unwrap()["table"];
                let keys: Vec<_> = request.keys().iter().map(|key| key["id"].as_s().unwrap()).collect();
                assert_eq!(request.projection_expression(), Some("id, name"));
                assert_eq!(request.consistent_read(), Some(true));
                keys == requested
            })
            .then_output(move || {
                let request = |id| KeysAndAttributes::builder().keys(key("id", id)).build().unwrap();
                let unprocessed = unprocessed.map(|id| [("table".to_owned(), request(id))].into());
                let output = BatchGetItemOutput::builder().responses("table", vec![key("id", found)]);
                output.set_unprocessed_keys(unprocessed).build()
            })
    }

    fn keys(ids: &[&str]) -> Vec<Item> {
        ids.iter().map(|id| key("id", *id)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn unprocessed_keys_are_retried_after_a_pause() {
        let (first, second) = (table(&["a", "b"], "a", Some("b")), table(&["b"], "b", None));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&first, &second]);
        let started = Instant::now();
        let read = GET.read(&client, keys(&["a", "b"]), [Duration::from_secs(3); 5]).await.unwrap();
        assert_eq!((read.items, read.unprocessed), (keys(&["a", "b"]), 0));
        assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
        assert!(started.elapsed() >= Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_still_unprocessed_after_the_last_pause_are_reported() {
        let rule = table(&["a"], "x", Some("a"));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let read = GET.read(&client, keys(&["a"]), [Duration::from_secs(1); 2]).await.unwrap();
        assert_eq!((read.items.len(), read.unprocessed), (3, 1));
        assert_eq!(rule.num_calls(), 3);
    }
}
