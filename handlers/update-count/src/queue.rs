//! The quarantine queue in SQS.

use aws_sdk_sqs::{Client, error::SdkError, operation::send_message::SendMessageError};
use quarantine::{Quarantine, QuarantinedRecord};
use thiserror::Error;

/// A queue and the client to reach it.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

/// The message was not acknowledged.
#[derive(Debug, Error)]
pub enum SendError {
    /// The message could not be encoded as JSON.
    #[error("the message could not be encoded")]
    Encode(#[from] serde_json::Error),
    /// SQS rejected the message or did not respond in time. If it did not respond, the queue may have the message.
    #[error("SQS did not acknowledge the message")]
    Send(#[from] Box<SdkError<SendMessageError>>),
}

impl Queue {
    /// The queue at this URL.
    #[must_use]
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl Quarantine for Queue {
    type Error = SendError;

    async fn put(&self, record: &QuarantinedRecord) -> Result<(), SendError> {
        let body = record.to_message()?;
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map_err(Box::new)?;
        Ok(())
    }
}
