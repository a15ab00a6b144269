//! Whether the archive may have forgotten likes that are counted, because its objects expire.

use aws_sdk_dynamodb::{
    Client, error::SdkError, operation::describe_table::DescribeTableError, primitives::DateTime,
};
use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

use crate::stream::{Stream, StreamError};

/// The age of the stack cannot be told.
#[derive(Debug, Error)]
pub(crate) enum ExpiryError {
    #[error("the table of counts cannot be described")]
    Table(#[from] Box<SdkError<DescribeTableError>>),
    #[error(transparent)]
    Stream(#[from] StreamError),
}

/// Says whether objects of the archive may have expired: they do in this stack, and it is as old as that.
pub(crate) async fn forgets(
    outputs: &Outputs,
    dynamodb: &Client,
    stream: &Stream,
) -> Result<bool, ExpiryError> {
    let days = outputs.archive_expire_after_days;
    if days == 0 {
        return Ok(false);
    }
    let described = dynamodb.describe_table().table_name(&outputs.counts_table).send().await;
    let table = described.map_err(Box::new)?.table.and_then(|table| table.creation_date_time);
    // Either may have been replaced or restored since.
    let made = [table, stream.created().await?];
    Ok(may_have_expired(days, &made, Timestamp::now()))
}

/// Whether what is deleted after so many days may have been, in a stack of which parts were made at these times. S3
/// deletes no object before it is so old.
fn may_have_expired(days: u32, made: &[Option<DateTime>], now: Timestamp) -> bool {
    let days = SignedDuration::from_hours(i64::from(days) * 24);
    made.iter().any(|made| {
        let made = made.and_then(|made| Timestamp::from_second(made.secs()).ok());
        made.is_none_or(|made| now.duration_since(made) >= days)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_expired_in_a_stack_that_is_younger_than_that_in_all_its_parts() {
        let now = Timestamp::from_second(100 * 24 * 3600).unwrap();
        let days_ago = |days: i64| Some(DateTime::from_secs((100 - days) * 24 * 3600));
        assert!(!may_have_expired(30, &[days_ago(29), days_ago(1)], now));
        assert!(may_have_expired(30, &[days_ago(29), days_ago(30)], now));
        assert!(may_have_expired(30, &[days_ago(31), days_ago(1)], now));
        assert!(may_have_expired(30, &[days_ago(1), None], now), "nobody knows");
    }
}
