//! The newest objects of the archive.

use archive::{Archive, Object};
use jiff::{Timestamp, tz::TimeZone};

use crate::unread::Unread;

/// How many days back to look for objects. A folder is listed for each, so an idle stack takes this many calls.
pub(crate) const DAYS: usize = 7;

/// The newest objects, newest first: all of the latest days, back to a day with an object that was written before `settled`.
pub(crate) async fn objects(archive: &Archive, settled: Timestamp) -> Result<Vec<Object>, Unread> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut newest = Vec::new();
    for day in today.series(jiff::Span::new().days(-1)).take(DAYS) {
        newest.extend(archive.objects_of(day).await?);
        if newest.iter().any(|object: &Object| object.written <= settled.as_second()) {
            break;
        }
    }
    newest.sort_unstable_by_key(|object| std::cmp::Reverse(object.written));
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::{Client, operation::list_objects_v2::ListObjectsV2Output, primitives::DateTime, types};
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
    use jiff::{SignedDuration, ToSpan};

    use super::*;

    /// The folder of a day has one object, written at this time, and other folders have none.
    fn folder(days_ago: i32, written: Timestamp) -> Rule {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let day = today.checked_sub(days_ago.days()).unwrap();
        mock!(Client::list_objects_v2)
            .match_requests(move |input| input.prefix() == Some(&format!("likes/day={day}/")))
            .then_output(move || {
                let object = types::Object::builder().key(format!("likes/day={day}/1")).size(1);
                let object = object.last_modified(DateTime::from_secs(written.as_second())).build();
                ListObjectsV2Output::builder().contents(object).build()
            })
    }

    async fn written(folders: &[&Rule], settled: Timestamp) -> Vec<i64> {
        let empty = mock!(Client::list_objects_v2).then_output(|| ListObjectsV2Output::builder().build());
        let rules: Vec<_> = folders.iter().copied().chain([&empty]).collect();
        let archive = Archive::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, &rules), "archive".into());
        objects(&archive, settled).await.unwrap().into_iter().map(|object| object.written).collect()
    }

    #[tokio::test]
    async fn days_are_listed_back_to_one_that_has_settled_objects() {
        let now = Timestamp::now();
        let settled = now - SignedDuration::from_mins(6);
        let [young, old, older] = [1, 60, 120].map(|minutes| now - SignedDuration::from_mins(minutes));
        let seconds = |times: &[Timestamp]| times.iter().map(|time| time.as_second()).collect::<Vec<_>>();
        let folders = [&folder(3, older), &folder(2, old), &folder(0, young)];
        assert_eq!(written(&folders, settled).await, seconds(&[young, old]));
        assert_eq!(written(&[&folder(6, old)], settled).await, seconds(&[old]));
        assert_eq!(written(&[&folder(7, old)], settled).await, seconds(&[]));
    }
}
