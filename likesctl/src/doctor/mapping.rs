//! Does Lambda feed the stream to `UpdateCount`, and lose nothing on the way?

use aws_sdk_lambda::types::{
    EventSourceMappingConfiguration, EventSourceMappingMetric, EventSourceMappingMetricsConfig,
    FilterCriteria, FunctionResponseType,
};
use jiff::SignedDuration;

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::{retention::Retention, unread::Unread};

/// The highest age limit of a mapping: <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html>.
const MAX_RECORD_AGE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Without end, for both the age of a record and the number of retries.
const WITHOUT_LIMIT: i32 = -1;

/// What a mapping must agree with.
#[derive(Debug, Clone, Copy)]
struct Expected<'a> {
    region: &'a str,
    /// How long the stream keeps a record.
    retention: SignedDuration,
    /// The name of the quarantine queue.
    queue: &'a str,
    is_local: bool,
    repair: &'a str,
}

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let outputs = &services.outputs;
    let listed = services.lambda.list_event_source_mappings().function_name(&outputs.update_function);
    let mappings = listed.into_paginator().items().send().try_collect().await?;
    let stream = format!(":stream/{}", outputs.stream_name);
    let reads = |mapping: &EventSourceMappingConfiguration| {
        mapping.event_source_arn().is_some_and(|arn| arn.ends_with(&stream))
    };
    let mappings: Vec<_> = mappings.into_iter().filter(reads).collect();
    let retention = Retention::of(&services.kinesis, &outputs.stream_name).await;
    let expected = Expected {
        region: &outputs.region,
        retention: retention.map_err(|error| Unread::unknown(&error))?.period,
        queue: outputs.quarantine_queue(),
        is_local: services.is_local,
        repair: services.repair(),
    };
    Ok(judge_all(&mappings, expected))
}

fn judge_all(mappings: &[EventSourceMappingConfiguration], expected: Expected<'_>) -> Vec<Finding> {
    match mappings {
        [] => vec![Finding::problem(
            "there is none: nothing feeds the stream to UpdateCount, and likes are not counted",
            expected.repair,
        )],
        [mapping] => judge(mapping, expected),
        several => vec![Finding::warning(
            format!("there are {}: UpdateCount gets every record more than once", several.len()),
            "delete those that the Pulumi program does not know",
        )],
    }
}

/// What is wrong with a mapping.
fn judge(mapping: &EventSourceMappingConfiguration, expected: Expected<'_>) -> Vec<Finding> {
    let mut wrong: Vec<_> = state(mapping, expected).into_iter().collect();
    let settings = settings(mapping, expected).into_iter().filter(|(is_right, _)| !is_right);
    wrong.extend(settings.map(|(_, found)| Finding::problem(found, expected.repair)));
    // The emulator does not have these metrics.
    let metrics = mapping.metrics_config().map(EventSourceMappingMetricsConfig::metrics).unwrap_or_default();
    if !expected.is_local && !metrics.contains(&EventSourceMappingMetric::EventCount) {
        let found = "has no EventCount metrics: the alarms on discarded records have no data";
        wrong.push(Finding::warning(found, expected.repair));
    }
    or_ok(wrong, || {
        let number = |number: Option<i32>| number.unwrap_or_default();
        let batches = format!(
            "batches of up to {} records, gathered for up to {} s",
            number(mapping.batch_size),
            number(mapping.maximum_batching_window_in_seconds)
        );
        if expected.is_local {
            format!("{batches}; a process of the local stack reads the stream")
        } else {
            format!("enabled, {batches}")
        }
    })
}

/// What is wrong with a mapping's state.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html>.
fn state(mapping: &EventSourceMappingConfiguration, expected: Expected<'_>) -> Option<Finding> {
    // The emulator's mapping is disabled, because a process of the local stack does its work.
    if expected.is_local {
        return None;
    }
    let state = mapping.state().unwrap_or("in no known state");
    match state {
        "Enabled" => {
            let result = mapping.last_processing_result().filter(|result| result.starts_with("PROBLEM"))?;
            Some(Finding::problem(format!("its last batch: {result}"), "see the log of UpdateCount"))
        }
        "Creating" | "Enabling" | "Updating" => {
            Some(Finding::warning(format!("is {state}"), "run this again in a minute"))
        }
        _ => {
            let reason = mapping.state_transition_reason().unwrap_or_default();
            let uuid = mapping.uuid().unwrap_or_default();
            let enable = format!(
                "enable it: aws lambda update-event-source-mapping --enabled --uuid {uuid} --region {}",
                expected.region
            );
            Some(Finding::problem(format!("is {state} ({reason}): likes wait on the stream"), enable))
        }
    }
}

/// Whether each setting is right, and what it means if it is not. Unless failures are reported, Lambda does not look at the
/// response, and a batch that failed in part is done:
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
fn settings(mapping: &EventSourceMappingConfiguration, expected: Expected<'_>) -> [(bool, String); 6] {
    let types = mapping.function_response_types();
    let destination = mapping.destination_config().and_then(|config| config.on_failure()?.destination());
    let retries = mapping.maximum_retry_attempts.unwrap_or(WITHOUT_LIMIT);
    let age = mapping.maximum_record_age_in_seconds.unwrap_or(WITHOUT_LIMIT);
    let filters = mapping.filter_criteria().map(FilterCriteria::filters).unwrap_or_default();
    [
        (
            types.contains(&FunctionResponseType::ReportBatchItemFailures),
            "ignores which records failed (ReportBatchItemFailures is off): likes are skipped".into(),
        ),
        (
            mapping.bisect_batch_on_function_error == Some(true),
            "does not split a batch that fails (BisectBatchOnFunctionError is off)".into(),
        ),
        (retries == WITHOUT_LIMIT, format!("discards likes after {retries} retries")),
        (
            age == max_record_age(expected.retention),
            format!(
                "its record age limit is {age} s, and the stream keeps likes for {} s: they must expire an hour before \
                 they leave the stream",
                expected.retention.as_secs()
            ),
        ),
        (
            destination.is_some_and(|arn| arn.rsplit(':').next() == Some(expected.queue)),
            "sends no message to the quarantine queue about records that it discards".into(),
        ),
        (filters.is_empty(), "filters records: likes are skipped".into()),
    ]
}

/// After how many seconds Lambda must discard a record, as `pulumi/counter.ts` has it: an hour before it leaves the stream,
/// since nobody notices that it leaves. If Lambda allows no such limit, there must be none.
fn max_record_age(retention: SignedDuration) -> i32 {
    let age = retention.saturating_sub(SignedDuration::from_hours(1));
    if age > MAX_RECORD_AGE { WITHOUT_LIMIT } else { i32::try_from(age.as_secs()).unwrap_or(WITHOUT_LIMIT) }
}

#[cfg(test)]
mod tests;
