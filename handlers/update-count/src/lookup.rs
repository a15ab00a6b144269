//! Asking the ledger in `DynamoDB` which entries it has.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::{
    error::{BuildError, SdkError},
    operation::batch_get_item::BatchGetItemError,
    types::{AttributeValue, KeysAndAttributes},
};
use like::LikeKey;
use thiserror::Error;

use crate::{ledger::Ledger, table::Tables};

/// The ledger was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The request lacks something.
    #[error("the request could not be put together")]
    Build(#[from] BuildError),
    /// `DynamoDB` refused it or did not answer in time.
    #[error("DynamoDB did not answer")]
    Call(#[from] Box<SdkError<BatchGetItemError>>),
}

impl Ledger for Tables {
    type Error = ReadError;

    /// Reads are eventually consistent, at half the price: what a read misses, the transaction's condition finds.
    /// Keys that `DynamoDB` leaves over are not asked for again, for the same reason.
    async fn known(&self, keys: &[LikeKey]) -> Result<HashSet<LikeKey>, ReadError> {
        let mut by_text: HashMap<&str, &LikeKey> = keys.iter().map(|key| (key.as_str(), key)).collect();
        let items = by_text
            .keys()
            .map(|key| HashMap::from([("likeKey".to_owned(), AttributeValue::S((*key).to_owned()))]));
        let asked = KeysAndAttributes::builder()
            .set_keys(Some(items.collect()))
            .projection_expression("likeKey")
            .build()?;
        let answer = self.client.batch_get_item().request_items(&self.ledger, asked).send().await;
        let entries =
            answer.map_err(Box::new)?.responses.into_iter().flat_map(HashMap::into_values).flatten();
        let known = entries.filter_map(|entry| by_text.remove(entry.get("likeKey")?.as_s().ok()?.as_str()));
        Ok(known.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::batch_get_item::BatchGetItemOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn the_ledger_is_asked_for_all_keys_at_once_and_what_it_leaves_over_is_unknown() {
        let movie = "Tt0111161".parse().unwrap();
        let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let keys = ["a", "B", "c"].map(|user| LikeKey::new(&movie, id, Some(&user.parse().unwrap())));
        let wanted = keys.clone();
        let rule = mock!(Client::batch_get_item)
            .match_requests(move |input| {
                let asked = &input.request_items().unwrap()["ledger"];
                assert_eq!(asked.projection_expression(), Some("likeKey"));
                let mut asked: Vec<_> =
                    asked.keys().iter().map(|key| key["likeKey"].as_s().unwrap()).collect();
                asked.sort_by_key(|key| key.to_lowercase());
                assert_eq!(asked, wanted.each_ref().map(LikeKey::as_str));
                true
            })
            .then_output(|| {
                let key = |user| {
                    let key = AttributeValue::S(format!("Tt0111161#user#{user}"));
                    HashMap::from([("likeKey".to_owned(), key)])
                };
                let left = KeysAndAttributes::builder().keys(key("c")).build().unwrap();
                BatchGetItemOutput::builder()
                    .responses("ledger", vec![key("B")])
                    .unprocessed_keys("ledger", left)
                    .build()
            });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let tables = Tables::new(client, "ledger".into(), "counts".into());
        let known = tables.known(&keys).await.unwrap();
        assert_eq!(known, HashSet::from([keys[1].clone()]));
        assert_eq!(rule.num_calls(), 1);
    }
}
