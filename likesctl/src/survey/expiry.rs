//! Whether likes that are counted may have expired from the archive.

use aws_sdk_dynamodb::{
    Client, error::SdkError, operation::describe_table::DescribeTableError, primitives::DateTime,
};
use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

use crate::retention::Retention;

/// The age of the stack is not known.
#[derive(Debug, Error)]
#[error("the table of counts cannot be described")]
pub(crate) struct ExpiryError(#[from] Box<SdkError<DescribeTableError>>);

/// Whether objects of the archive may have expired: the stack lets them expire, and is old enough.
pub(crate) async fn may_have_expired(
    outputs: &Outputs,
    dynamodb: &Client,
    stream: Retention,
) -> Result<bool, ExpiryError> {
    let days = outputs.archive_expire_after_days;
    if days == 0 {
        return Ok(false);
    }
    let described = dynamodb.describe_table().table_name(&outputs.counts_table).send().await;
    let table = described.map_err(Box::new)?.table.and_then(|table| table.creation_date_time);
    // Either may have been replaced or restored later.
    let created = [table, stream.created];
    Ok(is_older(days, &created, Timestamp::now()))
}

/// Whether any part of a stack, created at these times, is at least so many days old. S3 deletes no object earlier.
fn is_older(days: u32, created: &[Option<DateTime>], now: Timestamp) -> bool {
    let days = SignedDuration::from_hours(i64::from(days) * 24);
    created.iter().any(|created| {
        let created = created.and_then(|created| Timestamp::from_second(created.secs()).ok());
        created.is_none_or(|created| now.duration_since(created) >= days)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_expired_while_every_part_of_the_stack_is_younger() {
        let now = Timestamp::from_second(100 * 24 * 3600).unwrap();
        let days_ago = |days: i64| Some(DateTime::from_secs((100 - days) * 24 * 3600));
        assert!(!is_older(30, &[days_ago(29), days_ago(1)], now));
        assert!(is_older(30, &[days_ago(29), days_ago(30)], now));
        assert!(is_older(30, &[days_ago(31), days_ago(1)], now));
        assert!(is_older(30, &[days_ago(1), None], now), "its age is not known");
    }
}
