//! Ledger lookups in `DynamoDB`.

use std::{
    collections::{HashMap, HashSet},
    iter,
};

use like::LikeKey;
use tables::{BatchGet, BatchGetError, LIKE_KEY};

use crate::{dynamodb::Tables, ledger::Ledger};

impl Ledger for Tables {
    type Error = BatchGetError;

    /// Reads are eventually consistent, at half the price: the transaction's condition finds what a read misses. For
    /// the same reason, unprocessed keys are not retried.
    async fn duplicates(&self, keys: &[LikeKey]) -> Result<HashSet<LikeKey>, BatchGetError> {
        let mut by_text: HashMap<&str, &LikeKey> = keys.iter().map(|key| (key.as_str(), key)).collect();
        let get = BatchGet { table: &self.ledger, attributes: LIKE_KEY, consistent: false };
        let items = by_text.keys().map(|key| tables::key(LIKE_KEY, *key)).collect();
        let entries = get.read(&self.client, items, iter::empty()).await?.items;
        let found = entries.iter().filter_map(|entry| entry.get(LIKE_KEY)?.as_s().ok());
        Ok(found.filter_map(|key| by_text.remove(key.as_str())).cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{Client, operation::batch_get_item::BatchGetItemOutput, types::KeysAndAttributes};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    use super::*;

    #[tokio::test]
    async fn all_keys_are_looked_up_in_one_call_and_an_unprocessed_key_is_not_a_duplicate() {
        let movie = "Tt0111161".parse().unwrap();
        let id = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f".parse().unwrap();
        let keys = ["a", "B", "c"].map(|user| LikeKey::new(&movie, id, Some(&user.parse().unwrap())));
        let wanted = keys.clone();
        let rule = mock!(Client::batch_get_item)
            .match_requests(move |input| {
                let request = &input.request_items().unwrap()["ledger"];
                assert_eq!(request.projection_expression(), Some("likeKey"));
                assert_eq!(request.consistent_read(), Some(false));
                let mut requested: Vec<_> =
                    request.keys().iter().map(|key| key["likeKey"].as_s().unwrap()).collect();
                requested.sort_by_key(|key| key.to_lowercase());
                assert_eq!(requested, wanted.each_ref().map(LikeKey::as_str));
                true
            })
            .then_output(|| {
                let key = |user| tables::key(LIKE_KEY, format!("Tt0111161#user#{user}"));
                let unprocessed = KeysAndAttributes::builder().keys(key("c")).build().unwrap();
                BatchGetItemOutput::builder()
                    .responses("ledger", vec![key("B")])
                    .unprocessed_keys("ledger", unprocessed)
                    .build()
            });
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let tables = Tables::new(client, "ledger".into(), "counts".into());
        let duplicates = tables.duplicates(&keys).await.unwrap();
        assert_eq!(duplicates, HashSet::from([keys[1].clone()]));
        assert_eq!(rule.num_calls(), 1);
    }
}
