//! Do the ledger and the table of counts keep what they hold?

use aws_sdk_dynamodb::types::{PointInTimeRecoveryStatus, TableStatus, TimeToLiveStatus};
use futures::future::{BoxFuture, FutureExt, join_all};

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::unread::Unread;

/// The attribute that `tables::LedgerEntry` has its expiry in.
const EXPIRES_AT: &str = "expiresAt";

pub(super) async fn check_ledger(services: &Services) -> Result<Vec<Finding>, Unread> {
    let table = &services.outputs.ledger_table;
    let questions =
        [status(services, table).boxed(), recovery(services, table).boxed(), expiry(services, table).boxed()];
    Ok(ask(questions, services.repair(), "active, with point-in-time recovery and expiry").await)
}

pub(super) async fn check_counts(services: &Services) -> Result<Vec<Finding>, Unread> {
    let table = &services.outputs.counts_table;
    let questions = [status(services, table).boxed(), recovery(services, table).boxed()];
    Ok(ask(questions, services.repair(), "active, with point-in-time recovery").await)
}

/// Asks all questions. One that may not be asked does not hide what the others find.
async fn ask<const N: usize>(
    questions: [BoxFuture<'_, Result<Option<Finding>, Unread>>; N],
    repair: &str,
    fine: &str,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for answer in join_all(questions).await {
        let finding = answer.unwrap_or_else(|unread| Some(unread.finding(repair)));
        // A table that does not exist is found once.
        findings.extend(finding.filter(|finding| !findings.contains(finding)));
    }
    or_ok(findings, || fine.to_owned())
}

async fn status(services: &Services, table: &str) -> Result<Option<Finding>, Unread> {
    let described = services.dynamodb.describe_table().table_name(table).send().await?;
    Ok(judge_status(described.table.and_then(|table| table.table_status).as_ref(), services.repair()))
}

async fn recovery(services: &Services, table: &str) -> Result<Option<Finding>, Unread> {
    let described = services.dynamodb.describe_continuous_backups().table_name(table).send().await?;
    let backups = described.continuous_backups_description;
    let recovery = backups.and_then(|backups| backups.point_in_time_recovery_description);
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status);
    Ok(judge_recovery(status.as_ref(), services.repair()))
}

async fn expiry(services: &Services, table: &str) -> Result<Option<Finding>, Unread> {
    let described = services.dynamodb.describe_time_to_live().table_name(table).send().await?;
    let expiry = described.time_to_live_description;
    let attribute = expiry.as_ref().and_then(|expiry| expiry.attribute_name());
    let status = expiry.as_ref().and_then(|expiry| expiry.time_to_live_status());
    Ok(judge_expiry(status, attribute, services.repair()))
}

/// A table is read and written while it is updated:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TableDescription.html>.
fn judge_status(status: Option<&TableStatus>, repair: &str) -> Option<Finding> {
    match status {
        Some(TableStatus::Active | TableStatus::Updating) => None,
        status => {
            let status = status.map_or("in no known state", TableStatus::as_str);
            Some(Finding::problem(format!("is {status}"), repair))
        }
    }
}

fn judge_recovery(status: Option<&PointInTimeRecoveryStatus>, repair: &str) -> Option<Finding> {
    let is_on = status == Some(&PointInTimeRecoveryStatus::Enabled);
    (!is_on).then(|| Finding::warning("has no point-in-time recovery", repair))
}

/// Expiry by another attribute could delete an entry while copies of its like exist.
fn judge_expiry(status: Option<&TimeToLiveStatus>, attribute: Option<&str>, repair: &str) -> Option<Finding> {
    match status {
        Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling) => match attribute {
            Some(EXPIRES_AT) => None,
            other => Some(Finding::problem(
                format!("expires entries by the attribute {}, not {EXPIRES_AT}", other.unwrap_or_default()),
                repair,
            )),
        },
        _ => Some(Finding::warning("never expires entries (TTL is off): it grows without end", repair)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    #[test]
    fn a_table_is_active_or_being_updated() {
        let found = |status| judge_status(status, "deploy").map(|finding| finding.found);
        assert_eq!(found(Some(&TableStatus::Active)), None);
        assert_eq!(found(Some(&TableStatus::Updating)), None);
        assert_eq!(found(Some(&TableStatus::Deleting)), Some("is DELETING".into()));
        assert_eq!(found(None), Some("is in no known state".into()));
    }

    #[test]
    fn a_table_can_be_restored_to_a_point_in_time() {
        let off = Some(Finding::warning("has no point-in-time recovery", "deploy"));
        assert_eq!(judge_recovery(Some(&PointInTimeRecoveryStatus::Enabled), "deploy"), None);
        assert_eq!(judge_recovery(Some(&PointInTimeRecoveryStatus::Disabled), "deploy"), off);
        assert_eq!(judge_recovery(None, "deploy"), off);
    }

    #[test]
    fn the_ledger_expires_entries_by_the_right_attribute() {
        use TimeToLiveStatus::{Disabled, Disabling, Enabled, Enabling};
        let judged = |status: Option<&TimeToLiveStatus>, attribute| {
            judge_expiry(status, attribute, "deploy").map(|finding| finding.status)
        };
        for status in [Enabled, Enabling] {
            assert_eq!(judged(Some(&status), Some("expiresAt")), None);
            assert_eq!(judged(Some(&status), Some("likedAt")), Some(Status::Problem));
        }
        for status in [Some(Disabled), Some(Disabling), None] {
            assert_eq!(judged(status.as_ref(), Some("expiresAt")), Some(Status::Warning), "{status:?}");
        }
    }

    #[tokio::test]
    async fn what_may_not_be_read_hides_nothing_and_an_absent_table_is_found_once() {
        let answer = |answer: Result<Option<Finding>, Unread>| async { answer }.boxed();
        let absent = || answer(Err(Unread::Absent("ledger".into())));
        let off = Finding::warning("off", "deploy");
        let denied = answer(Err(Unread::Unknown("denied".into())));
        let found = ask([denied, answer(Ok(Some(off.clone()))), answer(Ok(None))], "deploy", "fine").await;
        assert_eq!(found, [Finding::not_checked("denied"), off]);
        let found = ask([absent(), absent(), absent()], "deploy", "fine").await;
        assert_eq!(found, [Finding::problem("does not exist: ledger", "deploy")]);
        let found = ask([answer(Ok(None))], "deploy", "fine").await;
        assert_eq!(found, [Finding::ok("fine")]);
    }
}
