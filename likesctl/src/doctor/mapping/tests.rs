//! What is wrong with a mapping.

use aws_sdk_lambda::types::{
    DestinationConfig, Filter, OnFailure, builders::EventSourceMappingConfigurationBuilder,
};

use super::*;
use crate::doctor::finding::Status;

const EXPECTED: Expected<'_> = Expected {
    region: "eu-west-1",
    retention: SignedDuration::from_hours(168),
    queue: "likes-quarantine",
    is_local: false,
    repair: "deploy",
};

/// A mapping as the Pulumi program deploys it.
fn mapping() -> EventSourceMappingConfigurationBuilder {
    EventSourceMappingConfiguration::builder()
        .uuid("1")
        .state("Enabled")
        .last_processing_result("OK")
        .batch_size(1000)
        .maximum_batching_window_in_seconds(1)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        .bisect_batch_on_function_error(true)
        .maximum_retry_attempts(-1)
        .maximum_record_age_in_seconds(167 * 3600)
        .destination_config(destination("likes-quarantine"))
        .metrics_config(
            EventSourceMappingMetricsConfig::builder().metrics(EventSourceMappingMetric::EventCount).build(),
        )
}

fn destination(queue: &str) -> DestinationConfig {
    let arn = format!("arn:aws:sqs:eu-west-1:123456789012:{queue}");
    DestinationConfig::builder().on_failure(OnFailure::builder().destination(arn).build()).build()
}

/// The one finding.
fn found(mapping: EventSourceMappingConfigurationBuilder) -> Finding {
    let [finding] = judge(&mapping.build(), EXPECTED).try_into().unwrap();
    finding
}

#[test]
fn a_mapping_as_it_is_deployed_is_fine() {
    let fine = "enabled, batches of up to 1000 records, gathered for up to 1 s";
    for result in ["OK", "No records processed"] {
        assert_eq!(found(mapping().last_processing_result(result)), Finding::ok(fine));
    }
}

#[test]
fn each_setting_that_could_lose_a_like_is_a_problem() {
    let nothing_filtered = FilterCriteria::builder().set_filters(Some(vec![])).build();
    assert_eq!(found(mapping().filter_criteria(nothing_filtered)).status, Status::Ok);
    let filter = FilterCriteria::builder().filters(Filter::builder().pattern("{}").build()).build();
    for (mapping, begins) in [
        (mapping().set_function_response_types(None), "ignores which records failed"),
        (mapping().bisect_batch_on_function_error(false), "does not split a batch"),
        (mapping().maximum_retry_attempts(3), "discards likes after 3 retries"),
        (mapping().maximum_record_age_in_seconds(60), "its record age limit is 60 s"),
        (mapping().maximum_record_age_in_seconds(-1), "its record age limit is -1 s"),
        (mapping().set_destination_config(None), "sends no message"),
        (mapping().destination_config(destination("other-likes-quarantine")), "sends no message"),
        (mapping().filter_criteria(filter), "filters records"),
    ] {
        let finding = found(mapping);
        assert_eq!(
            (finding.status, finding.advice.as_deref()),
            (Status::Problem, Some("deploy")),
            "{begins}"
        );
        assert!(finding.found.starts_with(begins), "{finding:?}");
    }
}

#[test]
fn a_mapping_must_be_enabled_and_is_enabled_with_one_command() {
    let disabled = found(mapping().state("Disabled").state_transition_reason("User action"));
    assert_eq!(disabled.status, Status::Problem);
    assert_eq!(disabled.found, "is Disabled (User action): likes wait on the stream");
    let enable =
        "enable it: aws lambda update-event-source-mapping --enabled --uuid 1 --region eu-west-1".to_owned();
    assert_eq!(disabled.advice, Some(enable));
    let updating = found(mapping().state("Updating"));
    assert_eq!((updating.status, updating.found.as_str()), (Status::Warning, "is Updating"));
    let failing = found(mapping().last_processing_result("PROBLEM: Function call failed"));
    assert_eq!(failing.found, "its last batch: PROBLEM: Function call failed");
}

#[test]
fn a_mapping_without_metrics_blinds_the_alarms() {
    let blind = found(mapping().set_metrics_config(None));
    assert_eq!(blind.status, Status::Warning);
    assert!(blind.found.starts_with("has no EventCount metrics"), "{blind:?}");
}

#[test]
fn the_local_stacks_mapping_is_read_by_a_process_and_has_no_metrics() {
    let local = Expected { is_local: true, ..EXPECTED };
    let mapping = mapping().state("Disabled").set_metrics_config(None);
    let fine = "batches of up to 1000 records, gathered for up to 1 s; a process of the local stack reads the stream";
    assert_eq!(judge(&mapping.build(), local), [Finding::ok(fine)]);
}

#[test]
fn one_mapping_reads_the_stream() {
    let statuses = |number| {
        let mappings: Vec<_> = (0..number).map(|_| mapping().build()).collect();
        judge_all(&mappings, EXPECTED).into_iter().map(|finding| finding.status).collect::<Vec<_>>()
    };
    assert_eq!(statuses(0), [Status::Problem]);
    assert_eq!(statuses(1), [Status::Ok]);
    assert_eq!(statuses(2), [Status::Warning]);
}

#[test]
fn a_record_expires_an_hour_before_it_leaves_the_stream_if_lambda_allows_that() {
    let ages = [24, 168, 169, 170].map(|hours| max_record_age(SignedDuration::from_hours(hours)));
    assert_eq!(ages, [23 * 3600, 167 * 3600, 168 * 3600, -1]);
}
