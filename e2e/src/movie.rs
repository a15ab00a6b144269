//! Movies for one test alone.

use std::sync::atomic::{AtomicU32, Ordering};

/// A movie id that no other test or run uses.
#[must_use]
pub fn new_movie() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("e2e-{}-{number}", uuid::Uuid::now_v7().simple())
}
