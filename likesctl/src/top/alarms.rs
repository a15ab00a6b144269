//! The alarms that are on.

use aws_sdk_cloudwatch::types::StateValue;
use futures::future::try_join_all;
use jiff::Timestamp;
use serde::Serialize;

use super::services::Services;
use crate::unread::Unread;

/// The most alarms in one call:
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>.
const MAX_NAMES: usize = 100;

/// The stack's alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Alarms {
    /// The number of all alarms, on or off.
    pub number: usize,
    /// Those that are on, in the order of the outputs.
    pub on: Vec<Alarm>,
}

/// An alarm that is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Alarm {
    pub name: String,
    pub description: String,
    pub since: Option<Timestamp>,
}

pub(super) async fn read(services: &Services) -> Result<Alarms, Unread> {
    let names = &services.outputs.alarm_names;
    if names.is_empty() {
        let why = "the stack's outputs do not name its alarms; deploy the stack again to add them";
        return Err(Unread::Unknown(why.to_owned()));
    }
    let on = try_join_all(names.chunks(MAX_NAMES).map(async |names| {
        let request = services.cloudwatch.describe_alarms().set_alarm_names(Some(names.to_vec()));
        let request = request.state_value(StateValue::Alarm).max_records(100);
        Ok::<_, Unread>(request.send().await?.metric_alarms.unwrap_or_default())
    }));
    let on = on.await?.into_iter().flatten().map(|alarm| Alarm {
        name: alarm.alarm_name.unwrap_or_default(),
        description: alarm.alarm_description.unwrap_or_default(),
        since: alarm.state_updated_timestamp.and_then(|time| Timestamp::from_second(time.secs()).ok()),
    });
    Ok(Alarms { number: names.len(), on: on.collect() })
}
