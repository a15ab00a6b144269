//! How long a like may be on its way.

use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

/// What a like may take on the local stack, where each object is written at once.
const LOCAL: SignedDuration = SignedDuration::from_secs(10);

/// The margin is shorter than the stack needs.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("the margin must be at least {0:#}: for so long Firehose gathers likes before it writes an object")]
pub(crate) struct TooShort(SignedDuration);

/// How long a like may be on its way before it is judged: `given`, or else as long as Firehose gathers likes and `slack`.
///
/// A shorter margin than Firehose's would call likes wrong that are counted and not archived yet.
pub(crate) fn margin(
    outputs: &Outputs,
    given: Option<SignedDuration>,
    slack: SignedDuration,
) -> Result<SignedDuration, TooShort> {
    let (gathering, slack) = match outputs.endpoint_url {
        Some(_) => (SignedDuration::ZERO, LOCAL),
        None => (SignedDuration::from_secs(i64::from(outputs.archive_buffer_seconds)), slack),
    };
    match given {
        Some(given) if given < gathering => Err(TooShort(gathering)),
        Some(given) => Ok(given),
        None => Ok(gathering + slack),
    }
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
    fn the_margin_is_longer_than_firehose_gathers_likes() {
        let outputs = outputs(None);
        assert_eq!(margin(&outputs, None, SLACK), Ok(SignedDuration::from_mins(6)));
        let (least, less) = (SignedDuration::from_secs(300), SignedDuration::from_secs(299));
        assert_eq!(margin(&outputs, Some(least), SLACK), Ok(least));
        let error = margin(&outputs, Some(less), SLACK).unwrap_err();
        assert!(error.to_string().starts_with("the margin must be at least 5m: "), "{error}");
    }

    #[test]
    fn the_local_stack_archives_at_once() {
        let outputs = outputs(Some("http://127.0.0.1:4566"));
        assert_eq!(margin(&outputs, None, SLACK), Ok(LOCAL));
        assert_eq!(margin(&outputs, Some(SignedDuration::ZERO), SLACK), Ok(SignedDuration::ZERO));
    }
}
