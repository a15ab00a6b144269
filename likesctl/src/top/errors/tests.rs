use aws_sdk_cloudwatchlogs::operation::filter_log_events::{FilterLogEventsInput, FilterLogEventsOutput};
use aws_smithy_mocks::{RuleMode, mock, mock_client};

use super::*;
use crate::top::sample::tests::{NOW, outputs};

/// The logs' pages.
async fn services(
    page: impl Fn(&FilterLogEventsInput) -> FilterLogEventsOutput + Send + Sync + 'static,
) -> Services {
    let logs = mock!(aws_sdk_cloudwatchlogs::Client::filter_log_events).then_compute_output(page);
    let mut services = Services::of(outputs()).await;
    services.logs = mock_client!(aws_sdk_cloudwatchlogs, RuleMode::MatchAny, [&logs]);
    services
}

/// The logs of three functions, none of which has been searched.
fn logs() -> Logs {
    let groups = [("IngestLike", "ingest"), ("UpdateCount", "update"), ("GetLikes", "get")];
    let groups = groups.map(|(function, group)| (function, group.to_owned())).to_vec();
    Logs { groups, found: None }
}

/// Times in seconds since [`NOW`].
fn seconds(millisecond: Option<i64>) -> i64 {
    (millisecond.unwrap() - NOW.as_millisecond()) / 1000
}

fn event(second: i64, message: &str) -> FilteredLogEvent {
    let text = format!(r#"{{"level":"ERROR","fields":{{"message":"{message}","second":{second}}}}}"#);
    FilteredLogEvent::builder().timestamp(NOW.as_millisecond() + second * 1000).message(text).build()
}

/// The kinds of errors that were found, with when they occurred last.
fn kinds(errors: &Errors) -> Vec<(&'static str, i64, &str)> {
    let kind = |error: &'_ LogError| (error.function, seconds(Some(error.at.as_millisecond())));
    errors.latest.iter().map(|error| (kind(error).0, kind(error).1, error.message.as_str())).collect()
}

#[tokio::test]
async fn the_latest_error_of_each_kind_is_kept_and_only_what_is_new_is_searched_again() {
    let services = services(|input| {
        let output = FilterLogEventsOutput::builder();
        assert_eq!(input.filter_pattern(), Some(PATTERN));
        let from = seconds(input.start_time());
        match (input.log_group_name().unwrap(), from) {
            ("ingest", -60) => output.events(event(-50, "a")).events(event(-40, "a")).build(),
            ("get", -1800) => output.events(event(-900, "b")).build(),
            ("update", -30) => output.events(event(20, "c")).build(),
            (_, -1800 | -300 | -60 | -30) => output.build(),
            (group, from) => panic!("{group} is searched from {from}"),
        }
    })
    .await;
    let mut logs = logs();
    let errors = logs.read(&services, NOW).await.unwrap();
    assert_eq!(kinds(&errors), [("IngestLike", -40, "a"), ("GetLikes", -900, "b")]);
    assert_eq!((errors.since, errors.complete), (NOW - SignedDuration::from_mins(30), true));

    let errors = logs.read(&services, NOW + SignedDuration::from_secs(60)).await.unwrap();
    assert_eq!(kinds(&errors), [("UpdateCount", 20, "c"), ("IngestLike", -40, "a"), ("GetLikes", -900, "b")]);
}

#[tokio::test]
async fn a_log_with_many_errors_is_searched_with_a_limited_number_of_calls() {
    let services = services(|input| {
        let number = input.next_token().map_or(0, |token| token.parse::<usize>().unwrap());
        assert!(number < MAX_CALLS, "call {number}");
        FilterLogEventsOutput::builder().events(event(-1, "a")).next_token((number + 1).to_string()).build()
    })
    .await;
    let errors = logs().read(&services, NOW).await.unwrap();
    assert!(!errors.complete);
    assert_eq!(errors.latest.len(), 3);
}

#[tokio::test]
async fn older_logs_are_not_searched_once_enough_is_found() {
    let services = services(|input| {
        assert_eq!(seconds(input.start_time()), -60);
        let events = (0..KEPT).map(|number| event(-1, &number.to_string())).collect();
        FilterLogEventsOutput::builder().set_events(Some(events)).build()
    })
    .await;
    let errors = logs().read(&services, NOW).await.unwrap();
    assert_eq!((errors.latest.len(), errors.complete), (KEPT, true));
}
