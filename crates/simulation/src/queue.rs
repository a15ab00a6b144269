//! The quarantine queue, which rejects what SQS rejects.
//!
//! See `MessageBody` in <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>
//! for the characters that a message may contain, and
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html> for its maximum
//! size.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use quarantine::{MAX_MESSAGE_BYTES, Quarantine, QuarantinedRecord};
use thiserror::Error;
use tokio::time::sleep;

use crate::{Fault, Faults, Invocation};

/// A quarantine queue. Clones share their messages.
#[derive(Debug, Clone)]
pub struct Queue {
    records: Arc<Mutex<BTreeSet<String>>>,
    faults: Faults,
}

/// The message was not acknowledged.
#[derive(Debug, Error)]
pub enum SendError {
    /// A fault was injected.
    #[error("injected")]
    Injected,
    /// SQS would never accept the message. The field is its size in bytes.
    #[error("InvalidMessageContents or InvalidParameterValue: {0} bytes")]
    Rejected(usize),
}

impl Queue {
    /// An empty queue, with these faults.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { records: Arc::default(), faults }
    }

    /// The sequence numbers of the quarantined records.
    ///
    /// # Panics
    /// If a thread panicked while it held the lock.
    #[must_use]
    pub fn records(&self) -> BTreeSet<String> {
        self.records.lock().expect("is not poisoned").clone()
    }

    fn store(&self, record: &QuarantinedRecord) -> Result<(), SendError> {
        let message = record.to_message().expect("is JSON");
        if !is_accepted(&message) {
            return Err(SendError::Rejected(message.len()));
        }
        let message: serde_json::Value = serde_json::from_str(&message).expect("is JSON");
        let number = message["sequenceNumber"].as_str().expect("is text").to_owned();
        self.records.lock().expect("is not poisoned").insert(number);
        Ok(())
    }
}

/// Whether SQS accepts a message.
fn is_accepted(message: &str) -> bool {
    let is_allowed = |character: char| {
        matches!(
            character,
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'
        )
    };
    !message.is_empty() && message.len() <= MAX_MESSAGE_BYTES && message.chars().all(is_allowed)
}

impl Quarantine for Invocation {
    type Error = SendError;

    async fn put(&self, record: &QuarantinedRecord) -> Result<(), SendError> {
        match self.queue.faults.next() {
            Fault::None | Fault::Spread | Fault::Fold => self.queue.store(record),
            Fault::Slow(duration) => {
                self.queue.store(record)?;
                sleep(duration).await;
                Ok(())
            }
            Fault::Throttled | Fault::Conflict | Fault::EntryConflict | Fault::RequestLost => {
                Err(SendError::Injected)
            }
            Fault::ResponseLost => {
                self.queue.store(record)?;
                Err(SendError::Injected)
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                self.queue.store(record)?;
                self.crash().await
            }
        }
    }
}
