//! The last warnings and errors that the functions have logged.

use std::{cmp::Reverse, collections::BTreeSet};

use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    log_line::{Level, Line},
    services::Services,
};
use crate::unread::Unread;

/// What is searched at first, as times before now: the latest first, since a busy log takes many calls.
const STEPS: [[SignedDuration; 2]; 3] = [
    [SignedDuration::from_mins(1), SignedDuration::ZERO],
    [SignedDuration::from_mins(5), SignedDuration::from_mins(1)],
    [SignedDuration::from_mins(30), SignedDuration::from_mins(5)],
];
/// What is searched again, because a line may arrive late.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);
/// How many calls one search of a log group may take.
const MAX_CALLS: usize = 10;
/// How many kinds of lines are kept.
const KEPT: usize = 20;

/// Warnings, errors, timeouts and crashes: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>.
const PATTERN: &str = r#"?ERROR ?WARN ?timeout ?"Runtime.ExitError""#;
/// The emulator knows no alternatives; without metrics and the lines of invocations, few lines are left.
const LOCAL_PATTERN: &str = "-_aws -RequestId:";

/// A warning or an error, the latest of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct LogError {
    pub at: Timestamp,
    pub function: &'static str,
    pub level: Level,
    pub message: String,
    pub details: String,
}

/// The last warnings and errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Errors {
    /// From when on the logs were searched.
    pub since: Timestamp,
    /// Whether they were searched to the end, which a log with many warnings prevents.
    pub complete: bool,
    /// One of each kind, the latest first.
    pub latest: Vec<LogError>,
}

/// The logs of the functions, as far as they have been searched.
#[derive(Debug, Default)]
pub(super) struct Logs {
    /// Each function's name and log group, once they are known.
    groups: Vec<(&'static str, String)>,
    found: Option<(Timestamp, Errors)>,
}

impl Logs {
    /// Searches what is new; at first, the last half hour.
    pub(super) async fn read(&mut self, services: &Services, now: Timestamp) -> Result<Errors, Unread> {
        if self.groups.is_empty() {
            self.groups = groups(services).await?;
        }
        let steps = match &self.found {
            Some((until, _)) => vec![[*until - OVERLAP, now]],
            None => STEPS.map(|step| step.map(|ago| now - ago)).to_vec(),
        };
        let searched = self.groups.iter().map(|(function, group)| search(services, function, group, &steps));
        let searched = try_join_all(searched).await?;
        let since = now - STEPS[2][0];
        let mut errors = match self.found.take() {
            Some((_, errors)) => errors,
            None => Errors { since, complete: true, latest: Vec::new() },
        };
        for (found, complete) in searched {
            errors.complete &= complete;
            errors.add(found);
        }
        self.found = Some((now, errors.clone()));
        Ok(errors)
    }
}

impl Errors {
    /// Adds what was found, and keeps the latest of each kind.
    fn add(&mut self, found: Vec<LogError>) {
        self.latest.extend(found);
        self.latest.sort_by_key(|error| Reverse(error.at));
        let mut kinds = BTreeSet::new();
        self.latest.retain(|error| kinds.insert((error.function, error.message.clone())));
        self.latest.truncate(KEPT);
    }
}

/// Each function's log group, which Lambda knows.
async fn groups(services: &Services) -> Result<Vec<(&'static str, String)>, Unread> {
    let outputs = &services.outputs;
    let functions = [
        ("IngestLike", &outputs.ingest_function),
        ("UpdateCount", &outputs.update_function),
        ("GetLikes", &outputs.get_function),
    ];
    let groups = functions.map(async |(function, name)| {
        let answer = services.lambda.get_function_configuration().function_name(name).send().await?;
        let group = answer.logging_config.and_then(|logging| logging.log_group);
        // The default: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
        Ok::<_, Unread>((function, group.unwrap_or_else(|| format!("/aws/lambda/{name}"))))
    });
    try_join_all(groups).await
}

/// Searches a log group step by step, until enough is found. Says whether every step was searched to its end.
async fn search(
    services: &Services,
    function: &'static str,
    group: &str,
    steps: &[[Timestamp; 2]],
) -> Result<(Vec<LogError>, bool), Unread> {
    let mut found = Vec::new();
    let mut calls = 0;
    for [from, until] in steps {
        let mut next = None;
        loop {
            if calls == MAX_CALLS {
                return Ok((found, false));
            }
            calls += 1;
            let request = services.logs.filter_log_events().log_group_name(group).set_next_token(next);
            let request = request.start_time(from.as_millisecond()).end_time(until.as_millisecond());
            let pattern = if services.is_local { LOCAL_PATTERN } else { PATTERN };
            let page = request.filter_pattern(pattern).send().await?;
            let events = page.events.unwrap_or_default();
            found.extend(events.iter().filter_map(|event| error(function, event)));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        if found.len() >= KEPT {
            break;
        }
    }
    Ok((found, true))
}

fn error(function: &'static str, event: &FilteredLogEvent) -> Option<LogError> {
    let Line { level, message, details } = Line::read(event.message()?)?;
    let at = Timestamp::from_millisecond(event.timestamp?).ok()?;
    Some(LogError { at, function, level, message, details })
}

#[cfg(test)]
mod tests;
