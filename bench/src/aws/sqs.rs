//! SQS: sends messages to a queue, which does not keep them.
//!
//! See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html>.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    failure::{Failure, read, write},
    kinesis::md5,
};

/// The maximum size of a message, and of all messages in a request.
const MAX_BYTES: usize = 1024 * 1024;
/// The maximum number of messages in a request.
const MAX_ENTRIES: usize = 10;

/// A queue.
#[derive(Debug)]
pub(super) struct Sqs {
    queue: &'static str,
    latency: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessage {
    queue_url: String,
    message_body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SendMessageBatch {
    queue_url: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Entry {
    id: String,
    message_body: String,
}

/// The acknowledgement of a message, with its id in the request if there is one.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "MD5OfMessageBody")]
    hash: String,
    message_id: String,
}

impl Sqs {
    pub(super) fn new(queue: &'static str, latency: Duration) -> Self {
        Self { queue, latency }
    }

    pub(super) async fn call(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        sleep(self.latency).await;
        match operation {
            "SendMessage" => self.send(&read(body)?),
            "SendMessageBatch" => self.send_batch(read(body)?),
            _ => Err(Failure::unknown_operation(&format!("AmazonSQS.{operation}"))),
        }
    }

    fn send(&self, request: &SendMessage) -> Result<Vec<u8>, Failure> {
        self.check_queue(&request.queue_url)?;
        check_size(request.message_body.len())?;
        write(&Sent::new(None, &request.message_body))
    }

    fn send_batch(&self, request: SendMessageBatch) -> Result<Vec<u8>, Failure> {
        self.check_queue(&request.queue_url)?;
        let entries = request.entries;
        if entries.is_empty() {
            let message = "There should be at least one SendMessageBatchRequestEntry in the request.";
            return Err(failure(
                "EmptyBatchRequest",
                message,
                "AWS.SimpleQueueService.EmptyBatchRequest;Sender",
            ));
        }
        if entries.len() > MAX_ENTRIES {
            let message =
                format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
            let code = "AWS.SimpleQueueService.TooManyEntriesInBatchRequest;Sender";
            return Err(failure("TooManyEntriesInBatchRequest", message, code));
        }
        if entries.iter().map(|entry| &entry.id).collect::<BTreeSet<_>>().len() < entries.len() {
            let code = "AWS.SimpleQueueService.BatchEntryIdsNotDistinct;Sender";
            return Err(failure(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries have the same Id.",
                code,
            ));
        }
        check_size(entries.iter().map(|entry| entry.message_body.len()).sum())?;
        let successful: Vec<_> = entries
            .into_iter()
            .map(|Entry { id, message_body }| Sent::new(Some(id), &message_body))
            .collect();
        write(&json!({ "Successful": successful, "Failed": [] }))
    }

    fn check_queue(&self, url: &str) -> Result<(), Failure> {
        if url.rsplit('/').next() == Some(self.queue) {
            return Ok(());
        }
        let message = "The specified queue does not exist.";
        Err(failure("QueueDoesNotExist", message, "AWS.SimpleQueueService.NonExistentQueue;Sender"))
    }
}

fn check_size(bytes: usize) -> Result<(), Failure> {
    if (1..=MAX_BYTES).contains(&bytes) {
        return Ok(());
    }
    let message = format!("One or more parameters are invalid. Reason: {bytes} bytes, not 1 to {MAX_BYTES}.");
    Err(failure("InvalidParameterValue", message, "InvalidParameterValue;Sender"))
}

fn failure(shape: &str, message: impl Into<String>, query_error: &'static str) -> Failure {
    let failure = Failure::new(format!("com.amazonaws.sqs#{shape}"), message);
    Failure { query_error: Some(query_error), ..failure }
}

impl Sent {
    fn new(id: Option<String>, body: &str) -> Self {
        let (hash, message_id) = (format!("{:032x}", md5(body.as_bytes())), Uuid::now_v7().to_string());
        Self { id, hash, message_id }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    async fn call(operation: &str, request: Value) -> Result<Value, Failure> {
        let sqs = Sqs::new("quarantine", Duration::ZERO);
        let body = sqs.call(operation, request.to_string().as_bytes()).await?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    const URL: &str = "https://localhost:1/123456789012/quarantine";

    #[tokio::test]
    async fn a_message_is_acknowledged_with_the_hash_of_its_body() {
        let sent = call("SendMessage", json!({ "QueueUrl": URL, "MessageBody": "hello" })).await.unwrap();
        assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
        let entries = json!([{ "Id": "a", "MessageBody": "hello" }, { "Id": "b", "MessageBody": "é" }]);
        let sent = call("SendMessageBatch", json!({ "QueueUrl": URL, "Entries": entries })).await.unwrap();
        assert_eq!(sent["Successful"][0]["Id"], "a");
        assert_eq!(sent["Successful"][1]["MD5OfMessageBody"], "66ddcd97cfdeabb2f6fb8a999b4bc76f");
    }

    #[tokio::test]
    async fn a_message_is_rejected_if_its_queue_is_unknown_or_a_member_is_not_supported() {
        let other = json!({ "QueueUrl": "https://localhost/1/other", "MessageBody": "hello" });
        let failure = call("SendMessage", other).await.unwrap_err();
        assert_eq!(failure.query_error, Some("AWS.SimpleQueueService.NonExistentQueue;Sender"));
        let delayed = json!({ "QueueUrl": URL, "MessageBody": "hello", "DelaySeconds": 1 });
        let failure = call("SendMessage", delayed).await.unwrap_err();
        assert!(failure.message().contains("unknown field `DelaySeconds`"), "{failure:?}");
    }
}
