//! Reading the whole ledger, in segments.

use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::scan::{ScanError, ScanOutput},
    types::{AttributeValue, ReturnConsumedCapacity},
};
use futures::{Stream, StreamExt, stream};
use tables::{Item, LIKE_KEY};
use thiserror::Error;
use tokio::time::sleep;

use crate::ledger::pauses;

/// The ledger cannot be read.
#[derive(Debug, Error)]
#[error("the ledger cannot be read")]
pub(crate) struct ScanLedgerError(#[from] Box<SdkError<ScanError>>);

/// The items that one call returns: at most 1 MB of them.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Scan.html>.
#[derive(Debug)]
pub(crate) struct Page {
    pub items: Vec<Item>,
    /// The read units that the call consumed.
    pub read_units: f64,
}

/// Where a segment is read next.
enum Next {
    Start,
    After(Item),
    End,
}

/// Reads a table in segments, one page of each at a time. The reads are eventually consistent: at half the price, they
/// lack at most what was just written. With a text, only items whose key has it are returned; the others are read and paid
/// for as well.
pub(crate) fn pages<'a>(
    client: &'a Client,
    table: &'a str,
    segments: u16,
    key_with: Option<&'a str>,
) -> impl Stream<Item = Result<Page, ScanLedgerError>> {
    let segment = move |segment| {
        stream::try_unfold(Next::Start, move |next| async move {
            let start = match next {
                Next::Start => None,
                Next::After(key) => Some(key),
                Next::End => return Ok(None),
            };
            let output = page(client, table, segment, segments, key_with, start).await?;
            let next = output.last_evaluated_key.map_or(Next::End, Next::After);
            let read_units = output.consumed_capacity.and_then(|consumed| consumed.capacity_units);
            let items = output.items.unwrap_or_default();
            Ok(Some((Page { items, read_units: read_units.unwrap_or_default() }, next)))
        })
    };
    stream::iter((0..segments).map(segment).map(StreamExt::boxed_local)).flatten_unordered(None)
}

/// Reads a page, and retries while the table is throttled.
async fn page(
    client: &Client,
    table: &str,
    segment: u16,
    segments: u16,
    key_with: Option<&str>,
    start: Option<Item>,
) -> Result<ScanOutput, ScanLedgerError> {
    let mut pauses = pauses();
    loop {
        let request = client.scan().table_name(table).segment(segment.into()).total_segments(segments.into());
        let request = request.return_consumed_capacity(ReturnConsumedCapacity::Total);
        let request = match key_with {
            Some(text) => request
                .filter_expression(format!("contains({LIKE_KEY}, :text)"))
                .expression_attribute_values(":text", AttributeValue::S(text.to_owned())),
            None => request,
        };
        match request.set_exclusive_start_key(start.clone()).send().await {
            Ok(output) => return Ok(output),
            Err(error) => match pauses.next().filter(|_| is_throttled(&error)) {
                Some(pause) => sleep(pause).await,
                None => return Err(Box::new(error).into()),
            },
        }
    }
}

fn is_throttled(error: &SdkError<ScanError>) -> bool {
    error.as_service_error().is_some_and(|error| {
        error.is_provisioned_throughput_exceeded_exception()
            || error.is_request_limit_exceeded()
            || error.is_throttling_exception()
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::{ConsumedCapacity, error::ProvisionedThroughputExceededException};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use futures::TryStreamExt;
    use tables::key;

    use super::*;

    /// The table's answer to the call for a segment that starts after a key.
    fn answers(segment: i32, after: Option<&'static str>, found: &'static str, last: bool) -> Rule {
        mock!(Client::scan)
            .match_requests(move |input| {
                assert_eq!(input.return_consumed_capacity(), Some(&ReturnConsumedCapacity::Total));
                assert_eq!((input.table_name(), input.total_segments()), (Some("ledger"), Some(2)));
                let start = after.map(|after| key("likeKey", after));
                input.segment() == Some(segment) && input.exclusive_start_key() == start.as_ref()
            })
            .then_output(move || {
                ScanOutput::builder()
                    .items(key("likeKey", found))
                    .set_last_evaluated_key((!last).then(|| key("likeKey", found)))
                    .consumed_capacity(ConsumedCapacity::builder().capacity_units(0.5).build())
                    .build()
            })
    }

    #[tokio::test]
    async fn every_page_of_every_segment_is_read_once_and_its_read_units_are_known() {
        let rules = [
            answers(0, None, "a", false),
            answers(0, Some("a"), "b", true),
            answers(1, None, "c", false),
            answers(1, Some("c"), "d", false),
            answers(1, Some("d"), "e", true),
        ];
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, &rules);
        let pages: Vec<_> = pages(&client, "ledger", 2, None).try_collect().await.unwrap();
        let mut keys: Vec<_> =
            pages.iter().flat_map(|page| &page.items).map(|item| &item["likeKey"]).collect();
        keys.sort_by_key(|key| key.as_s().unwrap());
        assert_eq!(keys.len(), 5);
        assert!(
            keys.iter().zip(["a", "b", "c", "d", "e"]).all(|(key, expected)| key.as_s().unwrap() == expected)
        );
        assert!((pages.iter().map(|page| page.read_units).sum::<f64>() - 2.5).abs() < f64::EPSILON);
    }

    #[tokio::test]
    async fn only_keys_with_a_text_are_asked_for() {
        let rule = mock!(Client::scan)
            .match_requests(|input| {
                input.filter_expression() == Some("contains(likeKey, :text)")
                    && input.expression_attribute_values().unwrap()[":text"] == AttributeValue::S("#u".into())
            })
            .then_output(|| ScanOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        page(&client, "ledger", 0, 1, Some("#u"), None).await.unwrap();
    }

    fn throttled() -> ScanError {
        let error = ProvisionedThroughputExceededException::builder().build();
        ScanError::ProvisionedThroughputExceededException(error)
    }

    #[tokio::test(start_paused = true)]
    async fn a_throttled_ledger_is_read_again_and_given_up_after_15_retries() {
        let rule = mock!(Client::scan)
            .sequence()
            .error(throttled)
            .times(15)
            .output(|| ScanOutput::builder().build())
            .build();
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::Sequential, [&rule]);
        page(&client, "ledger", 0, 1, None, None).await.unwrap();
        assert_eq!(rule.num_calls(), 16);

        let rule = mock!(Client::scan).then_error(throttled);
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        page(&client, "ledger", 0, 1, None, None).await.unwrap_err();
        assert_eq!(rule.num_calls(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn another_error_is_not_retried() {
        let rule = mock!(Client::scan).then_error(|| ScanError::unhandled("no"));
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [&rule]);
        let error = page(&client, "ledger", 0, 1, None, None).await.unwrap_err();
        assert_eq!((error.to_string().as_str(), rule.num_calls()), ("the ledger cannot be read", 1));
    }
}
