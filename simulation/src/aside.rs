//! The quarantine.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use thiserror::Error;
use update_count::{Quarantine, Quarantined};

use crate::{Fault, Faults, Invocation};

/// The sequence numbers of the records that were put aside.
#[derive(Debug, Clone)]
pub struct Aside {
    records: Arc<Mutex<BTreeSet<String>>>,
    faults: Faults,
}

/// The record may not be kept.
#[derive(Debug, Error)]
#[error("injected")]
pub struct NotKept;

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

    fn keep(&self, record: &Quarantined<'_>) {
        let record = serde_json::to_value(record).expect("is JSON");
        let number = record["sequenceNumber"].as_str().expect("is text").to_owned();
        self.records.lock().expect("nobody panicked").insert(number);
    }
}

impl Quarantine for Invocation {
    type Error = NotKept;

    async fn put(&self, record: &Quarantined<'_>) -> Result<(), NotKept> {
        match self.aside.faults.next() {
            Fault::None => {
                self.aside.keep(record);
                Ok(())
            }
            Fault::Throttled | Fault::Conflict | Fault::EntryConflict | Fault::RequestLost => Err(NotKept),
            Fault::AnswerLost => {
                self.aside.keep(record);
                Err(NotKept)
            }
            Fault::Hang => std::future::pending().await,
            Fault::CrashBefore => self.crash().await,
            Fault::CrashAfter => {
                self.aside.keep(record);
                self.crash().await
            }
        }
    }
}
