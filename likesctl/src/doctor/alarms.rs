//! Is an alarm on?

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{MetricAlarm, StateValue};
use futures::future::try_join_all;

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::{plural::plural, unread::Unread};

/// The most alarms in one call:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>.
const MAX_NAMES: usize = 100;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let names = &services.outputs.alarm_names;
    if names.is_empty() {
        let why = "the stack's outputs do not name its alarms; deploy the stack again to add them";
        return Ok(vec![Finding::not_checked(why)]);
    }
    let alarms = try_join_all(names.chunks(MAX_NAMES).map(async |names| {
        let request = services.cloudwatch.describe_alarms().set_alarm_names(Some(names.to_vec()));
        let pages = request.max_records(100).send().await?;
        Ok::<_, Unread>(pages.metric_alarms.unwrap_or_default())
    }));
    Ok(judge(names, &alarms.await?.concat(), services.repair()))
}

fn judge(names: &[String], alarms: &[MetricAlarm], repair: &str) -> Vec<Finding> {
    let alarms: BTreeMap<_, _> = alarms.iter().map(|alarm| (alarm.alarm_name(), alarm)).collect();
    let mut wrong = Vec::new();
    for name in names {
        let Some(alarm) = alarms.get(&Some(name.as_str())) else {
            wrong.push(Finding::warning(format!("{name} does not exist"), repair));
            continue;
        };
        if alarm.state_value == Some(StateValue::Alarm) {
            let found = format!("{name} is on: {}", alarm.alarm_description().unwrap_or_default());
            wrong.push(Finding::problem(found, "see docs/operations.md"));
        }
        if alarm.actions_enabled == Some(false) {
            wrong.push(Finding::warning(format!("{name} notifies nobody: its actions are disabled"), repair));
        }
    }
    or_ok(wrong, || match u64::try_from(names.len()).unwrap_or_default() {
        1 => "1 alarm is off".to_owned(),
        number => format!("all {} are off", plural(number, "alarm")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(name: &str, state: StateValue) -> MetricAlarm {
        let alarm = MetricAlarm::builder().alarm_name(name).alarm_description("Likes are late");
        alarm.state_value(state).actions_enabled(true).build()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn alarms_that_are_off_or_have_no_data_are_fine() {
        let alarms = [alarm("a", StateValue::Ok), alarm("b", StateValue::InsufficientData)];
        assert_eq!(judge(&names(&["a", "b"]), &alarms, "deploy"), [Finding::ok("all 2 alarms are off")]);
    }

    #[test]
    fn an_alarm_that_is_on_says_what_it_is_about() {
        let found =
            judge(&names(&["a", "b"]), &[alarm("a", StateValue::Ok), alarm("b", StateValue::Alarm)], "");
        assert_eq!(found, [Finding::problem("b is on: Likes are late", "see docs/operations.md")]);
    }

    #[test]
    fn an_alarm_must_exist_and_notify() {
        let mut silent = alarm("a", StateValue::Ok);
        silent.actions_enabled = Some(false);
        let found = judge(&names(&["a", "b"]), &[silent], "deploy");
        let expected = [
            Finding::warning("a notifies nobody: its actions are disabled", "deploy"),
            Finding::warning("b does not exist", "deploy"),
        ];
        assert_eq!(found, expected);
    }
}
