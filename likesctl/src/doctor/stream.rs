//! Does the stream keep likes safely?

use aws_sdk_kinesis::types::{EncryptionType, StreamDescriptionSummary, StreamStatus};

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::{plural::plural, unread::Unread};

/// For how long the stream may keep a like at most, or the ledger would forget it too early: see
/// [`like::LikeEvent::LEDGER_RETENTION`].
const MAX_RETENTION_HOURS: i32 = 14 * 24;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let request = services.kinesis.describe_stream_summary().stream_name(&services.outputs.stream_name);
    match request.send().await?.stream_description_summary {
        Some(stream) => Ok(judge(&stream, services.repair())),
        None => Err(Unread::Unknown("Kinesis describes no stream".into())),
    }
}

fn judge(stream: &StreamDescriptionSummary, repair: &str) -> Vec<Finding> {
    let mut wrong = Vec::new();
    // It takes and gives records while it is updated:
    // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StreamDescriptionSummary.html
    if !matches!(stream.stream_status, StreamStatus::Active | StreamStatus::Updating) {
        wrong.push(Finding::problem(format!("is {}", stream.stream_status), repair));
    }
    if stream.encryption_type != Some(EncryptionType::Kms) {
        wrong.push(Finding::warning("is not encrypted", repair));
    }
    let hours = stream.retention_period_hours;
    if hours > MAX_RETENTION_HOURS {
        let found = format!(
            "keeps likes for {hours} hours; beyond {MAX_RETENTION_HOURS}, the ledger may forget a like while a copy is \
             on the stream, and it would be counted twice"
        );
        wrong.push(Finding::problem(found, repair));
    }
    or_ok(wrong, || {
        let shards = u64::try_from(stream.open_shard_count).unwrap_or_default();
        format!("active, encrypted, keeps likes for {hours} hours, {}", plural(shards, "open shard"))
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_kinesis::primitives::DateTime;

    use super::*;

    fn stream(status: StreamStatus, encryption: EncryptionType, hours: i32) -> Vec<Finding> {
        let stream = StreamDescriptionSummary::builder()
            .stream_name("likes")
            .stream_arn("arn")
            .stream_status(status)
            .encryption_type(encryption)
            .retention_period_hours(hours)
            .stream_creation_timestamp(DateTime::from_secs(0))
            .set_enhanced_monitoring(Some(vec![]))
            .open_shard_count(4);
        judge(&stream.build().unwrap(), "deploy")
    }

    #[test]
    fn a_stream_is_active_and_encrypted_and_forgets_before_the_ledger() {
        use EncryptionType::{Kms, None as Plain};
        let ok = |hours| {
            vec![Finding::ok(format!("active, encrypted, keeps likes for {hours} hours, 4 open shards"))]
        };
        assert_eq!(stream(StreamStatus::Active, Kms, 168), ok(168));
        assert_eq!(stream(StreamStatus::Updating, Kms, 336), ok(336));
        assert_eq!(
            stream(StreamStatus::Active, Plain, 168),
            [Finding::warning("is not encrypted", "deploy")]
        );
        assert_eq!(stream(StreamStatus::Deleting, Kms, 168), [Finding::problem("is DELETING", "deploy")]);
        let [long] = stream(StreamStatus::Active, Kms, 337).try_into().unwrap();
        assert!(long.found.starts_with("keeps likes for 337 hours; beyond 336, "), "{long:?}");
    }

    #[test]
    fn the_ledger_remembers_for_longer_than_acceptance_the_stream_and_quarantine_take() {
        let days = |hours: i64| hours / 24;
        let others = 1 + 14;
        let remembered = days(like::LikeEvent::LEDGER_RETENTION.as_hours());
        assert!(days(MAX_RETENTION_HOURS.into()) + others < remembered);
    }
}
