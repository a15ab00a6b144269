//! Is the quarantine empty?

use std::time::{Duration, SystemTime};

use aws_sdk_cloudwatch::types::{Dimension, Statistic};
use aws_sdk_sqs::types::QueueAttributeName;
use indicatif::HumanDuration;

use super::{
    finding::{Finding, or_ok},
    services::Services,
};
use crate::{plural::plural, unread::Unread};

/// For how long the queue must keep a message, in seconds: 14 days, as `pulumi/quarantine.ts` has it, which is the maximum.
const RETENTION: u64 = 14 * 24 * 3600;
/// The period of the metric of the messages' age, and how far back it is searched: SQS reports it every minute.
const PERIOD: i32 = 60;
const METRIC_AGE: Duration = Duration::from_mins(15);

/// What the queue says of itself.
#[derive(Debug, Clone, Copy)]
struct Queue {
    visible: u64,
    in_flight: u64,
    retention: u64,
}

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    use QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, MessageRetentionPeriod,
    };
    let names = [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible, MessageRetentionPeriod];
    let request = services.sqs.get_queue_attributes().queue_url(&services.outputs.quarantine_queue_url);
    let answer = request.set_attribute_names(Some(names.into())).send().await?;
    let attributes = answer.attributes.unwrap_or_default();
    let number = |name| attributes.get(&name).and_then(|number| number.parse().ok()).unwrap_or(0);
    let queue = Queue {
        visible: number(ApproximateNumberOfMessages),
        in_flight: number(ApproximateNumberOfMessagesNotVisible),
        retention: number(MessageRetentionPeriod),
    };
    // Without its age, a message is found all the same.
    let age = if queue.visible == 0 { None } else { oldest(services).await.ok().flatten() };
    Ok(judge(queue, age, services.repair()))
}

/// The age of the oldest message, which SQS reports as a metric only:
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>.
async fn oldest(services: &Services) -> Result<Option<Duration>, Unread> {
    let now = SystemTime::now();
    let name = Dimension::builder().name("QueueName").value(services.outputs.quarantine_queue()).build();
    let request = services.cloudwatch.get_metric_statistics();
    let request = request.namespace("AWS/SQS").metric_name("ApproximateAgeOfOldestMessage").dimensions(name);
    let request = request.statistics(Statistic::Maximum).period(PERIOD);
    let answer = request.start_time((now - METRIC_AGE).into()).end_time(now.into()).send().await?;
    let points = answer.datapoints.unwrap_or_default();
    let latest = points.iter().max_by_key(|point| point.timestamp.map(|time| time.secs()));
    Ok(latest.and_then(|point| Duration::try_from_secs_f64(point.maximum?).ok()))
}

fn judge(queue: Queue, oldest: Option<Duration>, repair: &str) -> Vec<Finding> {
    let mut wrong = Vec::new();
    if queue.visible > 0 {
        let messages = plural(queue.visible, "message");
        let age = oldest.map(|age| format!("; the oldest is {} old", HumanDuration(age))).unwrap_or_default();
        let days = queue.retention / (24 * 3600);
        wrong.push(Finding::problem(
            format!("{messages}{age}; SQS deletes a message after {days} days"),
            "see what they are: ./justw likesctl quarantine list",
        ));
    }
    if queue.retention < RETENTION {
        let found = format!("keeps messages for {} s only, not for 14 days", queue.retention);
        wrong.push(Finding::problem(found, repair));
    }
    or_ok(wrong, || match queue.in_flight {
        0 => "empty".to_owned(),
        number => format!("empty but for {} that somebody is looking at", plural(number, "message")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(visible: u64, in_flight: u64, retention: u64, hours: Option<u64>) -> Vec<Finding> {
        judge(Queue { visible, in_flight, retention }, hours.map(Duration::from_hours), "deploy")
    }

    #[test]
    fn a_message_is_a_problem_whose_age_is_told() {
        let problem = |found: &str| {
            let list = "see what they are: ./justw likesctl quarantine list";
            vec![Finding::problem(found, list)]
        };
        assert_eq!(judged(1, 0, RETENTION, None), problem("1 message; SQS deletes a message after 14 days"));
        let aged = problem("2 messages; the oldest is 2 days old; SQS deletes a message after 14 days");
        assert_eq!(judged(2, 0, RETENTION, Some(48)), aged);
    }

    #[test]
    fn an_empty_queue_is_fine_even_while_somebody_looks_at_messages() {
        assert_eq!(judged(0, 0, RETENTION, None), [Finding::ok("empty")]);
        let looked_at = Finding::ok("empty but for 1 message that somebody is looking at");
        assert_eq!(judged(0, 1, RETENTION, None), [looked_at]);
    }

    #[test]
    fn a_queue_that_forgets_early_is_a_problem() {
        let found = "keeps messages for 345600 s only, not for 14 days";
        assert_eq!(judged(0, 0, 345_600, None), [Finding::problem(found, "deploy")]);
    }
}
