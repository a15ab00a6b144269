//! The stack from end to end: what goes in at the API comes out in the counts, the archive and the quarantine.

#![cfg(test)]

mod archive;
mod counting;
mod permissions;
mod quarantine;
mod reads;
mod refusals;

use std::sync::atomic::{AtomicU32, Ordering};

/// An id of a movie that no other test and no other run likes.
fn new_movie() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("e2e-{}-{number}", uuid::Uuid::now_v7().simple())
}
