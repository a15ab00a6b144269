//! Counts what is asked of AWS.

use std::{
    collections::BTreeMap,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// What was asked of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// Calls by operation, such as `DynamoDB_20120810.TransactWriteItems`. A call that an SDK repeats counts again.
    pub calls: BTreeMap<String, u64>,
    /// Bytes of the requests as HTTP, headers included, without what TLS adds.
    pub bytes_received: u64,
    /// Bytes of the responses as HTTP, headers included, without what TLS adds.
    pub bytes_sent: u64,
    /// Write units of `DynamoDB`, those of cancelled transactions and failed conditions included.
    pub write_units: u64,
    /// Read units of `DynamoDB`, in halves.
    pub half_read_units: u64,
    /// Transactions that were cancelled by another one or by a limit. A failed condition alone does not count.
    pub cancelled: u64,
    /// TLS connections that were opened.
    pub connections: u64,
}

/// Counts usage. It is cheap to share.
#[derive(Debug, Default)]
pub(super) struct Meter {
    usage: Mutex<Usage>,
    received: AtomicU64,
    sent: AtomicU64,
}

impl Meter {
    /// Counts a call.
    pub(super) fn call(&self, target: &str) {
        self.count(|usage| match usage.calls.get_mut(target) {
            Some(calls) => *calls += 1,
            None => {
                usage.calls.insert(target.to_owned(), 1);
            }
        });
    }

    /// Counts anything but bytes.
    pub(super) fn count(&self, count: impl FnOnce(&mut Usage)) {
        count(&mut self.usage.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// The usage since this was last asked for.
    pub(super) fn take(&self) -> Usage {
        let mut usage = mem::take(&mut *self.usage.lock().unwrap_or_else(PoisonError::into_inner));
        usage.bytes_received = self.received.swap(0, Ordering::Relaxed);
        usage.bytes_sent = self.sent.swap(0, Ordering::Relaxed);
        usage
    }
}
