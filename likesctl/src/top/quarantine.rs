//! The quarantine queue.

use aws_sdk_sqs::types::QueueAttributeName::{
    ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible,
};

use super::services::Services;
use crate::unread::Unread;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quarantine {
    /// The messages that wait.
    pub messages: u64,
    /// The messages that somebody is looking at.
    pub in_flight: u64,
}

/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html>.
pub(super) async fn read(services: &Services) -> Result<Quarantine, Unread> {
    let names = [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
    let request = services.sqs.get_queue_attributes().queue_url(&services.outputs.quarantine_queue_url);
    let answer = request.set_attribute_names(Some(names.into())).send().await?;
    let attributes = answer.attributes.unwrap_or_default();
    let number = |name| {
        let number = attributes.get(&name).and_then(|number| number.parse().ok());
        number.ok_or_else(|| Unread::Unknown(format!("SQS does not report {name}")))
    };
    Ok(Quarantine {
        messages: number(ApproximateNumberOfMessages)?,
        in_flight: number(ApproximateNumberOfMessagesNotVisible)?,
    })
}
