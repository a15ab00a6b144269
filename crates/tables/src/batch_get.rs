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
    /// `DynamoDB` refused it or did not answer in time.
    #[error("DynamoDB did not answer")]
    Call(#[from] Box<SdkError<BatchGetItemError>>),
}

/// A read of up to [`MAX_KEYS`] items.
#[derive(Debug, Clone)]
pub struct BatchGet<'a> {
    /// The table.
    pub table: &'a str,
    /// The attributes that are read, with commas between them.
    pub attributes: &'a str,
    /// Whether a write that was just acknowledged is seen for sure, at twice the price. See
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.ReadConsistency.html>.
    pub consistent: bool,
}

/// What a read found.
#[derive(Debug, Default)]
pub struct Read {
    /// The items there are, in no order.
    pub items: Vec<Item>,
    /// How many keys `DynamoDB` left unprocessed in the end, as it does when a table is throttled.
    pub unprocessed: usize,
}

impl BatchGet<'_> {
    /// Reads the items with these keys, no two the same, and asks again for those that `DynamoDB` leaves unprocessed:
    /// after each of these pauses, until there are none.
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
            let asked = KeysAndAttributes::builder()
                .set_keys(Some(keys))
                .projection_expression(self.attributes)
                .consistent_read(self.consistent)
                .build()?;
            let answer = client.batch_get_item().request_items(self.table, asked).send().await;
            let answer = answer.map_err(Box::new)?;
            read.items.extend(answer.responses.into_iter().flatten().flat_map(|(_, items)| items));
            keys = answer.unprocessed_keys.into_iter().flatten().flat_map(|(_, left)| left.keys).collect();
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

    /// A table that has the item `has`, and leaves the key `left` unprocessed.
    fn table(asked: &'static [&'static str], has: &'static str, left: Option<&'static str>) -> Rule {
        mock!(Client::batch_get_item)
            .match_requests(move |input| {
                let request = &input.request_items().unwrap()["table"];
                let keys: Vec<_> = request.keys().iter().map(|key| key["id"].as_s().unwrap()).collect();
                assert_eq!(request.projection_expression(), Some("id, name"));
                assert_eq!(request.consistent_read(), Some(true));
                keys == asked
            })
            .then_output(move || {
                let left = left.map(|id| KeysAndAttributes::builder().keys(key("id", id)).build().unwrap());
                let output = BatchGetItemOutput::builder().responses("table", vec![key("id", has)]);
                let left = left.map(|left| [("table".to_owned(), left)].into());
                output.set_unprocessed_keys(left).build()
            })
    }

    fn keys(ids: &[&str]) -> Vec<Item> {
        ids.iter().map(|id| key("id", *id)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn unprocessed_keys_are_asked_for_again_after_a_pause() {
        let (first, second) = (table(&["a", "b"], "a", Some("b")), table(&["b"], "b", None));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&first, &second]);
        let started = Instant::now();
        let read = GET.read(&client, keys(&["a", "b"]), [Duration::from_secs(3); 5]).await.unwrap();
        assert_eq!((read.items, read.unprocessed), (keys(&["a", "b"]), 0));
        assert_eq!((first.num_calls(), second.num_calls()), (1, 1));
        assert!(started.elapsed() >= Duration::from_secs(3));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_unprocessed_after_the_last_pause_is_said() {
        let rule = table(&["a"], "x", Some("a"));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let read = GET.read(&client, keys(&["a"]), [Duration::from_secs(1); 2]).await.unwrap();
        assert_eq!((read.items.len(), read.unprocessed), (3, 1));
        assert_eq!(rule.num_calls(), 3);
    }
}
