//! The quarantine queue, gone through from end to end.

use std::collections::HashSet;

use aws_sdk_sqs::{
    Client,
    error::SdkError,
    operation::{
        change_message_visibility::ChangeMessageVisibilityError, delete_message::DeleteMessageError,
        receive_message::ReceiveMessageError,
    },
};
use thiserror::Error;

use super::message::Message;

/// How long a message that was received is hidden from others, in seconds: long enough to be dealt with.
const HIDDEN_SECONDS: i32 = 300;
/// The most that SQS hands out at once.
/// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>.
const MAX_MESSAGES: i32 = 10;
/// How long to wait for a message before the queue is taken for empty, in seconds.
const WAIT_SECONDS: i32 = 2;

/// The queue cannot be used.
#[derive(Debug, Error)]
pub(crate) enum QueueError {
    #[error("the quarantine cannot be read")]
    Receive(#[from] Box<SdkError<ReceiveMessageError>>),
    #[error("a message cannot be deleted from the quarantine")]
    Delete(#[from] Box<SdkError<DeleteMessageError>>),
    #[error("a message cannot be given back to the quarantine; it is hidden for five minutes")]
    Release(#[from] Box<SdkError<ChangeMessageVisibilityError>>),
}

/// A queue and the client to reach it.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    client: Client,
    url: String,
}

/// A message that is ours for the moment.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub message: Message,
    receipt: String,
}

impl Queue {
    pub(crate) fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Receives all messages, each once, until there are no more. Each has to be deleted or released.
    pub(crate) async fn receive_all(&self) -> Result<Vec<Received>, QueueError> {
        let mut seen = HashSet::new();
        let mut received = Vec::new();
        loop {
            let request =
                self.client.receive_message().queue_url(&self.url).max_number_of_messages(MAX_MESSAGES);
            let answer =
                request.visibility_timeout(HIDDEN_SECONDS).wait_time_seconds(WAIT_SECONDS).send().await;
            let messages = answer.map_err(Box::new)?.messages.unwrap_or_default();
            if messages.is_empty() {
                return Ok(received);
            }
            for message in messages {
                if let (Some(id), Some(body), Some(receipt)) =
                    (message.message_id, message.body, message.receipt_handle)
                    && seen.insert(id)
                {
                    received.push(Received { message: Message::read(&body), receipt });
                }
            }
        }
    }

    /// Deletes a message.
    pub(crate) async fn delete(&self, received: &Received) -> Result<(), QueueError> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&received.receipt);
        request.send().await.map_err(Box::new)?;
        Ok(())
    }

    /// Gives a message back, for others to see at once.
    pub(crate) async fn release(&self, received: &Received) -> Result<(), QueueError> {
        let request = self.client.change_message_visibility().queue_url(&self.url);
        request.receipt_handle(&received.receipt).visibility_timeout(0).send().await.map_err(Box::new)?;
        Ok(())
    }
}
