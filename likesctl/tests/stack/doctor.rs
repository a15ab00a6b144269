//! `likesctl doctor` against a running stack.

use std::collections::HashMap;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_dynamodb::types::{
    AttributeValue, PointInTimeRecoverySpecification, ReturnValue, TimeToLiveSpecification,
};
use aws_sdk_kinesis::primitives::Blob;
use e2e::{Stack, eventually, new_key, new_movie};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    harness::likesctl,
    quarantine::{self, QUARANTINE},
};

/// One test at a time breaks the stack.
static DOCTOR: Mutex<()> = Mutex::const_new(());

/// What the doctor finds: the status and the text of each finding of a check.
fn examine(check: &str) -> Vec<(String, String)> {
    let run = likesctl(&["--json", "doctor"]);
    let diagnosis = run.json();
    let findings: Vec<Value> = diagnosis["checks"].as_array().expect("is a list").clone();
    let text = |finding: &Value, field: &str| finding[field].as_str().expect("is a text").to_owned();
    let is_wrong = |finding: &Value| ["problem", "warning"].contains(&finding["status"].as_str().unwrap());
    assert_eq!(run.code(), Some(i32::from(findings.iter().any(is_wrong))), "{run:?}");
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| (text(finding, "status"), text(finding, "found"))).collect()
}

/// One finding.
fn one(status: &str, found: &str) -> Vec<(String, String)> {
    vec![(status.to_owned(), found.to_owned())]
}

#[tokio::test]
async fn a_stack_that_runs_is_fine() {
    let _one = DOCTOR.lock().await;
    let stack = Stack::find().await;
    stack.api.like(&json!({"movieId": new_movie()}), new_key()).await;
    // Other tests put records into quarantine, which rings an alarm, and change the ledger and counts.
    for check in [
        "account",
        "clock",
        "api",
        "functions",
        "stream",
        "mapping",
        "ledger",
        "counts",
        "firehose",
        "archive",
    ] {
        let found = examine(check);
        assert!(matches!(&found[..], [(status, _)] if status == "ok"), "{check}: {found:?}");
    }
}

#[tokio::test]
async fn a_setting_that_was_changed_is_found_until_it_is_changed_back() {
    let _one = DOCTOR.lock().await;
    let stack = Stack::find().await;
    let outputs = &stack.outputs;

    let mappings = stack.lambda.list_event_source_mappings().function_name(&outputs.update_function);
    let mappings = mappings.send().await.unwrap().event_source_mappings.unwrap();
    let bisect = async |on| {
        let update = stack.lambda.update_event_source_mapping().uuid(mappings[0].uuid().unwrap());
        update.bisect_batch_on_function_error(on).send().await.unwrap();
    };
    let mapping = examine("mapping");
    bisect(false).await;
    let found = examine("mapping");
    bisect(true).await;
    let off = "does not split a batch that fails (BisectBatchOnFunctionError is off)";
    assert_eq!(found, one("problem", off));
    assert_eq!(examine("mapping"), mapping);

    let expire = async |on| {
        let expiry = TimeToLiveSpecification::builder().attribute_name("expiresAt").enabled(on).build();
        let update = stack.dynamodb.update_time_to_live().table_name(&outputs.ledger_table);
        update.time_to_live_specification(expiry.unwrap()).send().await.unwrap();
    };
    expire(false).await;
    let found = examine("ledger");
    expire(true).await;
    assert_eq!(found, one("warning", "never expires entries (TTL is off): it grows without end"));
    assert_eq!(examine("ledger"), one("ok", "active, with point-in-time recovery and expiry"));

    let recover = async |on| {
        let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(on).build();
        let update = stack.dynamodb.update_continuous_backups().table_name(&outputs.counts_table);
        update.point_in_time_recovery_specification(recovery.unwrap()).send().await.unwrap();
    };
    recover(false).await;
    let found = examine("counts");
    recover(true).await;
    assert_eq!(found, one("warning", "has no point-in-time recovery"));
    assert_eq!(examine("counts"), one("ok", "active, with point-in-time recovery"));
}

#[tokio::test]
async fn an_alarm_that_is_on_is_found_until_it_is_off() {
    let _one = DOCTOR.lock().await;
    let stack = Stack::find().await;
    let cloudwatch = aws_sdk_cloudwatch::Client::new(&stack.outputs.sdk_config().await);
    let name = stack.outputs.alarm_names.iter().find(|name| name.contains("get-errors")).unwrap();
    let set = async |state: StateValue| {
        let set = cloudwatch.set_alarm_state().alarm_name(name).state_value(state);
        set.state_reason("likesctl's test").send().await.unwrap();
    };
    set(StateValue::Alarm).await;
    let found = examine("alarms");
    set(StateValue::Ok).await;
    let is_on = |(status, text): &(String, String)| {
        status == "problem" && text.starts_with(&format!("{name} is on: GetLikes crashes"))
    };
    // What other tests do rings alarms, too.
    assert!(found.iter().any(is_on), "{found:?}");
    let found = examine("alarms");
    assert!(!found.iter().any(is_on), "{found:?}");
}

#[tokio::test]
async fn a_message_in_quarantine_is_found_until_it_is_discarded() {
    let _one = QUARANTINE.lock().await;
    let stack = Stack::find().await;
    let put = stack.kinesis.put_record().stream_name(&stack.outputs.stream_name).partition_key(new_movie());
    put.data(Blob::new("not a like")).send().await.unwrap();
    let found = eventually(async || examine("quarantine"), |found| found[0].0 == "problem").await;
    assert!(found[0].1.ends_with("; SQS deletes a message after 14 days"), "{found:?}");
    quarantine::likesctl(&["discard", "--all"]);
    assert_eq!(examine("quarantine"), one("ok", "empty"));
}

#[tokio::test]
async fn a_like_that_is_archived_and_not_counted_is_found_until_it_is_counted() {
    let stack = Stack::find().await;
    let dynamodb = &stack.dynamodb;
    // The example that the doctor gives comes first in the alphabet.
    let (movie, id) = (format!("000{}", new_movie()), new_key());
    stack.api.like(&json!({"movieId": movie}), id).await;
    let about = |found: &[(String, String)]| {
        let about = found.iter().find(|(_, found)| found.contains(&movie));
        about.map(|(status, found)| (status.clone(), found.clone()))
    };

    let ledger = &stack.outputs.ledger_table;
    let key = HashMap::from([("likeKey".to_owned(), AttributeValue::S(format!("{movie}#{id}")))]);
    let delete = async || {
        let delete = dynamodb.delete_item().table_name(ledger).set_key(Some(key.clone()));
        delete.return_values(ReturnValue::AllOld).send().await.unwrap().attributes
    };
    let entry = eventually(delete, Option::is_some).await;
    let missing = eventually(async || about(&examine("counting")), Option::is_some).await.unwrap();
    dynamodb.put_item().table_name(ledger).set_item(entry).send().await.unwrap();
    assert_eq!(missing.0, "problem");
    assert!(missing.1.ends_with(&format!(" are not counted, such as {movie}#{id}")), "{missing:?}");
    assert_eq!(about(&examine("counting")), None);

    let set = async |likes: &str| {
        let update = dynamodb.update_item().table_name(&stack.outputs.counts_table);
        let update = update.key("movieId", AttributeValue::S(movie.clone()));
        let update = update.update_expression("SET likes = :likes");
        update.expression_attribute_values(":likes", AttributeValue::N(likes.into())).send().await.unwrap();
    };
    set("0").await;
    let short = about(&examine("counting"));
    set("1").await;
    let (status, found) = short.expect("is found");
    assert_eq!(status, "problem");
    assert!(found.ends_with(&format!("too low, such as {movie}: 0, not at least 1")), "{found}");
    assert_eq!(about(&examine("counting")), None);
}
