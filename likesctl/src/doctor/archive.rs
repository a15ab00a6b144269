//! Are likes archived in time?

use std::time::Duration;

use indicatif::HumanDuration;
use jiff::{SignedDuration, Timestamp};

use super::{
    finding::Finding,
    services::Services,
    waiting::{self, Waiting},
};
use crate::{newest, unread::Unread};

/// An object holds likes that arrived before it was written. So a like that arrived after the newest one was written, and
/// so long ago that Firehose should have written it too, is late.
pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let (now, settled) = (Timestamp::now(), services.settled());
    let newest = newest::objects(&services.archive(), settled).await?;
    let written = newest.first().and_then(|object| Timestamp::from_second(object.written).ok());
    let from = match written {
        // S3 rounds the time down to a second.
        Some(written) => written.saturating_add(SignedDuration::from_secs(1)),
        None => now.saturating_sub(SignedDuration::from_hours(24 * i64::try_from(newest::DAYS).unwrap_or(1))),
    };
    let from = from.unwrap_or(Timestamp::MAX);
    let waiting =
        if from < settled { waiting::search(services, from, settled).await? } else { Waiting::Nothing };
    Ok(vec![judge(written, waiting, now)])
}

fn judge(written: Option<Timestamp>, waiting: Waiting, now: Timestamp) -> Finding {
    let ago = |time| HumanDuration(Duration::try_from(now.duration_since(time)).unwrap_or_default());
    let newest = match written {
        Some(written) => format!("its newest object was written {} ago", ago(written)),
        None => format!("it has no objects of the last {} days", newest::DAYS),
    };
    match waiting {
        Waiting::Since(arrived) => Finding::problem(
            format!("likes that arrived {} ago are not archived; {newest}", ago(arrived)),
            "see the errors that Firehose logs, and the objects below errors/ in the archive's bucket",
        ),
        Waiting::Unknown => Finding::not_checked(format!(
            "{newest}; the stream was not searched to its end for likes that wait to be archived"
        )),
        Waiting::Nothing => Finding::ok(format!("{newest}; no like waits")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_like_that_waits_is_a_problem_and_an_idle_stack_is_fine() {
        let judged = |written, waiting| {
            let finding = judge(written, waiting, second(10_000));
            (finding.status, finding.found)
        };
        let late = judged(Some(second(9_000)), Waiting::Since(second(9_400)));
        let found = "likes that arrived 10 minutes ago are not archived; its newest object was written 17 minutes ago";
        assert_eq!(late, (Status::Problem, found.to_owned()));
        let idle = judged(None, Waiting::Nothing);
        assert_eq!(idle, (Status::Ok, "it has no objects of the last 7 days; no like waits".to_owned()));
        assert_eq!(judged(None, Waiting::Unknown).0, Status::NotChecked);
    }
}
