//! The quarantine queue in SQS.

use std::time::Duration;

use aws_sdk_sqs::{
    Client,
    error::SdkError,
    operation::{get_queue_attributes::GetQueueAttributesError, receive_message::ReceiveMessageError},
    types::{
        ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry, MessageSystemAttributeName,
        QueueAttributeName,
    },
};
use jiff::Timestamp;
use thiserror::Error;

use super::{
    batch::{Answer, Failed, MAX_ENTRIES, in_batches},
    handle::Handle,
    message::Message,
};

/// The most messages that SQS hands out at once.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>.
pub(super) const MAX_MESSAGES: i32 = 10;
/// How long SQS may wait for a message. With a wait it asks all of its servers, so no message means that none is visible.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html>.
const WAIT_SECONDS: i32 = 2;

/// The queue cannot be used.
#[derive(Debug, Error)]
pub(crate) enum QueueError {
    #[error("the size of the quarantine cannot be read")]
    Depth(#[from] Box<SdkError<GetQueueAttributesError>>),
    #[error("the quarantine cannot be read")]
    Receive(#[from] Box<SdkError<ReceiveMessageError>>),
}

/// A queue and the client to reach it.
#[derive(Debug, Clone)]
pub(super) struct Queue {
    client: Client,
    url: String,
}

/// How many messages SQS reports, approximately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Depth {
    pub visible: u64,
    /// Received by somebody, and hidden until they delete or release them.
    pub in_flight: u64,
}

/// A message that is hidden from others on our behalf.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub id: String,
    pub receipt: String,
    pub sent_at: Option<Timestamp>,
    pub message: Message,
}

impl Queue {
    pub(super) fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    pub(super) async fn depth(&self) -> Result<Depth, QueueError> {
        use QueueAttributeName::{ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible};
        let names = [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
        let request = self.client.get_queue_attributes().queue_url(&self.url);
        let answer = request.set_attribute_names(Some(names.into())).send().await.map_err(Box::new)?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name| attributes.get(&name).and_then(|number| number.parse().ok()).unwrap_or(0);
        Ok(Depth {
            visible: number(ApproximateNumberOfMessages),
            in_flight: number(ApproximateNumberOfMessagesNotVisible),
        })
    }

    /// Receives up to [`MAX_MESSAGES`] and hides them from others for a while. None means that none is visible.
    pub(super) async fn receive(&self, hidden: Duration) -> Result<Vec<Received>, QueueError> {
        let request = self.client.receive_message().queue_url(&self.url).max_number_of_messages(MAX_MESSAGES);
        let request = request.visibility_timeout(seconds(hidden)).wait_time_seconds(WAIT_SECONDS);
        let request = request.message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        let messages = request.send().await.map_err(Box::new)?.messages.unwrap_or_default();
        Ok(messages.into_iter().filter_map(read).collect())
    }

    /// Deletes messages and returns those that could not be deleted.
    pub(super) async fn delete(&self, handles: Vec<Handle>) -> Vec<Failed> {
        in_batches(handles, async |handles| {
            let entries = handles.iter().take(MAX_ENTRIES).enumerate().map(|(number, handle)| {
                DeleteMessageBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(&handle.receipt)
                    .build()
            });
            let request = self.client.delete_message_batch().queue_url(&self.url);
            let answer = request.set_entries(entries.collect::<Result<_, _>>().ok()).send().await;
            Answer::of(answer.map(|answer| (answer.successful, answer.failed)), |entry| entry.id)
        })
        .await
    }

    /// Hides messages from now on for as long as this, and returns those for which that failed. With zero they are visible
    /// at once.
    pub(super) async fn hide(&self, handles: Vec<Handle>, hidden: Duration) -> Vec<Failed> {
        in_batches(handles, async |handles| {
            let entries = handles.iter().take(MAX_ENTRIES).enumerate().map(|(number, handle)| {
                ChangeMessageVisibilityBatchRequestEntry::builder()
                    .id(number.to_string())
                    .receipt_handle(&handle.receipt)
                    .visibility_timeout(seconds(hidden))
                    .build()
            });
            let request = self.client.change_message_visibility_batch().queue_url(&self.url);
            let answer = request.set_entries(entries.collect::<Result<_, _>>().ok()).send().await;
            Answer::of(answer.map(|answer| (answer.successful, answer.failed)), |entry| entry.id)
        })
        .await
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

/// SQS gives every message an id, a receipt and a body.
fn read(message: aws_sdk_sqs::types::Message) -> Option<Received> {
    let sent =
        message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
    Some(Received {
        id: message.message_id?,
        receipt: message.receipt_handle?,
        sent_at: sent.and_then(|sent| Timestamp::from_millisecond(sent.parse().ok()?).ok()),
        message: Message::read(&message.body?),
    })
}
