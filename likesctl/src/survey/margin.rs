//! How old a like must be to be judged.

use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

/// The slack on the local stack, where few likes are in flight.
const LOCAL_SLACK: SignedDuration = SignedDuration::from_secs(8);

/// The margin is shorter than the stack needs.
#[derive(Debug, PartialEq, Eq, Error)]
#[error(
    "the margin must be at least {0:#}, because Firehose buffers likes for that long before it writes an object"
)]
pub(crate) struct TooShort(SignedDuration);

/// How old a like must be to be judged: `given`, or by default the time for which Firehose buffers likes, and `slack`.
///
/// A margin shorter than Firehose's buffering would call a count wrong whose likes are not archived yet.
pub(crate) fn margin(
    outputs: &Outputs,
    given: Option<SignedDuration>,
    slack: SignedDuration,
) -> Result<SignedDuration, TooShort> {
    let buffering = buffering(outputs);
    match given {
        Some(given) if given < buffering => Err(TooShort(buffering)),
        Some(given) => Ok(given),
        None => Ok(default_margin(outputs, slack)),
    }
}

/// The margin by default: the time for which Firehose buffers likes, and `slack`.
pub(crate) fn default_margin(outputs: &Outputs, slack: SignedDuration) -> SignedDuration {
    let slack = if outputs.endpoint_url.is_some() { LOCAL_SLACK } else { slack };
    buffering(outputs) + slack
}

fn buffering(outputs: &Outputs) -> SignedDuration {
    SignedDuration::from_secs(i64::from(outputs.archive_buffer_seconds))
}

/// The time after which a like is too young to judge.
pub(crate) fn settled(margin: SignedDuration) -> Timestamp {
    Timestamp::now().saturating_sub(margin).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLACK: SignedDuration = SignedDuration::from_mins(1);

    fn outputs(endpoint_url: Option<&str>) -> Outputs {
        let text = |name: &str| (name.to_owned(), serde_json::Value::from(name));
        let mut outputs: serde_json::Map<_, _> = [
            "invokeUrl",
            "likesUrl",
            "region",
            "streamName",
            "countsTable",
            "ledgerTable",
            "archiveBucket",
            "quarantineQueueUrl",
            "deliveryStream",
            "ingestFunction",
            "updateFunction",
            "getFunction",
        ]
        .map(text)
        .into_iter()
        .collect();
        outputs.insert("archiveBufferSeconds".into(), 300.into());
        outputs.insert("endpointUrl".into(), endpoint_url.into());
        serde_json::from_value(outputs.into()).unwrap()
    }

    #[test]
    fn the_margin_is_longer_than_firehose_buffers_likes() {
        let outputs = outputs(None);
        assert_eq!(margin(&outputs, None, SLACK), Ok(SignedDuration::from_mins(6)));
        let (least, less) = (SignedDuration::from_secs(300), SignedDuration::from_secs(299));
        assert_eq!(margin(&outputs, Some(least), SLACK), Ok(least));
        let error = margin(&outputs, Some(less), SLACK).unwrap_err();
        assert!(error.to_string().starts_with("the margin must be at least 5m, because "), "{error}");
    }

    #[test]
    fn on_the_local_stack_the_slack_is_shorter_and_the_buffering_counts_too() {
        let outputs = outputs(Some("http://127.0.0.1:4566"));
        assert_eq!(margin(&outputs, None, SLACK), Ok(SignedDuration::from_secs(308)));
        assert_eq!(
            margin(&outputs, Some(SignedDuration::from_secs(299)), SLACK),
            Err(TooShort(SignedDuration::from_secs(300)))
        );
    }
}
