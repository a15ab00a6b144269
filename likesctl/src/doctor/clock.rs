//! Is this machine's clock right?

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{Client, header::DATE};

use super::{finding::Finding, services::Services};
use crate::unread::Unread;

/// How far the clock may be off. An idempotency key holds its time, and the API rejects one that is more than 5 minutes
/// ahead; `verify` and `rebuild` judge the age of likes by this clock, with margins of a minute and more.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(1);
const TIMEOUT: Duration = Duration::from_secs(15);

/// Compares this machine's clock with the `Date` of any answer of the API's.
pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let unread = |error: reqwest::Error| Unread::unknown(&error);
    let client = Client::builder().timeout(TIMEOUT).build().map_err(unread)?;
    let asked = Timestamp::now();
    let answer = client.get(&services.outputs.likes_url).send().await.map_err(unread)?;
    let answered = Timestamp::now();
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    Ok(vec![judge(date, asked, answered)])
}

/// The server's clock was at `date`, which is rounded down to a second, at some time between `asked` and `answered`.
fn judge(date: Option<&str>, asked: Timestamp, answered: Timestamp) -> Finding {
    let Some(date) = date.and_then(|date| rfc2822::parse(date).ok()) else {
        return Finding::not_checked("the API's answer has no date");
    };
    let earliest = date.timestamp();
    let latest = earliest.saturating_add(SignedDuration::from_secs(1)).unwrap_or(Timestamp::MAX);
    let (off, direction) = if asked > latest {
        (asked.duration_since(latest), "ahead of")
    } else if answered < earliest {
        (earliest.duration_since(answered), "behind")
    } else {
        (SignedDuration::ZERO, "ahead of")
    };
    let seconds = off.as_secs();
    if off > TOLERANCE {
        let found = format!("this machine's clock is {seconds} s {direction} the API's");
        let advice =
            "synchronize it with NTP: idempotency keys, signatures and the age of likes depend on it";
        return Finding::problem(found, advice);
    }
    Finding::ok(match seconds {
        0 => "agrees with the API's".to_owned(),
        _ => format!("{seconds} s {direction} the API's"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Status;

    fn found(date: &str, asked: &str, answered: &str) -> (Status, String) {
        let time = |time: &str| format!("2026-11-24T{time}Z").parse().unwrap();
        let Finding { status, found, .. } =
            judge(Some(&format!("Tue, 24 Nov 2026 {date} GMT")), time(asked), time(answered));
        (status, found)
    }

    #[test]
    fn a_clock_is_off_by_what_the_time_of_the_request_cannot_explain() {
        let agrees = (Status::Ok, "agrees with the API's".to_owned());
        assert_eq!(found("12:00:00", "12:00:00.100", "12:00:00.200"), agrees);
        assert_eq!(found("12:00:00", "12:00:00.999", "12:00:01.100"), agrees);
        // A cold start takes its time.
        assert_eq!(found("12:00:05", "12:00:00", "12:00:09"), agrees);
        let ahead = |status, seconds: i64| (status, format!("{seconds} s ahead of the API's"));
        assert_eq!(found("12:00:00", "12:01:01", "12:01:02"), ahead(Status::Ok, 60));
        let (status, text) = found("12:00:00", "12:01:02", "12:01:03");
        assert_eq!(
            (status, text.as_str()),
            (Status::Problem, "this machine's clock is 61 s ahead of the API's")
        );
        let (status, text) = found("12:02:00", "12:00:00", "12:00:01");
        assert_eq!(
            (status, text.as_str()),
            (Status::Problem, "this machine's clock is 119 s behind the API's")
        );
    }

    #[test]
    fn an_answer_without_a_date_says_nothing_of_the_clock() {
        for date in [None, Some("yesterday")] {
            assert_eq!(judge(date, Timestamp::MIN, Timestamp::MAX).status, Status::NotChecked);
        }
    }
}
