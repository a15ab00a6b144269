//! The quarantine: a queue that refuses what SQS refuses.
//!
//! See `MessageBody` in <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html> for
//! the characters that a message may have, and
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html> for its size.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use thiserror::Error;
use tokio::time::sleep;
use update_count::{MAX_MESSAGE_BYTES, Quarantine, Quarantined};

use crate::{Fault, Faults, Invocation};

/// The sequence numbers of the records that were put aside.
#[derive(Debug, Clone)]
pub struct Aside {
    records: Arc<Mutex<BTreeSet<String>>>,
    faults: Faults,
}

/// The record may not be kept.
#[derive(Debug, Error)]
pub enum NotKept {
    /// By a fault.
    #[error("injected")]
    Injected,
    /// SQS would never take the message.
    #[error("InvalidMessageContents or InvalidParameterValue: {0} bytes")]
    Refused(usize),
}

impl Aside {
    /// An empty quarantine, with these faults.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { records: Arc::default(), faults }
    }

    /// The sequence numbers of the records in it.
    ///
    /// # Panics
    /// If a thread panicked while it held them.
    #[must_use]
    pub fn records(&self) -> BTreeSet<String> {
        self.records.lock().expect("nobody panicked").clone()
    }

    fn keep(&self, record: &Quarantined) -> Result<(), NotKept> {
        let message = record.message().expect("is JSON");
        if !is_taken(&message) {
            return Err(NotKept::Refused(message.len()));
        }
        let message: serde_json::Value = serde_json::from_str(&message).expect("is JSON");
        let number = message["sequenceNumber"].as_str().expect("is text").to_owned();
        self.records.lock().expect("nobody panicked").insert(number);
        Ok(())
    }
}

/// Whether SQS takes a message.
fn is_taken(message: &str) -> bool {
    let is_allowed = |character: char| {
        matches!(
            character,
            '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'
        )
    };
    !message.is_empty() && message.len() <= MAX_MESSAGE_BYTES && message.chars().all(is_allowed)
}

impl Quarantine for Invocation {
    type Error = NotKept;

    async fn put(&self, record: &Quarantined) -> Result<(), NotKept> {
        match self.aside.faults.next() {
            Fault::None => self.aside.keep(record),
            Fault::Slow(duration) => {
                self.aside.keep(record)?;
                sleep(duration).await;
                Ok(())
            }
            Fault::Throttled | Fault::Conflict | Fault::EntryConflict | Fault::RequestLost => {
                Err(NotKept::Injected)
            }
            Fault::AnswerLost => {
                self.aside.keep(record)?;
                Err(NotKept::Injected)
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                self.aside.keep(record)?;
                self.crash().await
            }
        }
    }
}
