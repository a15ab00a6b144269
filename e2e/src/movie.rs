//! Movies that only one test likes.

use std::sync::atomic::{AtomicU32, Ordering};

/// An id of a movie that no other test and no other run likes.
#[must_use]
pub fn new_movie() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("e2e-{}-{number}", uuid::Uuid::now_v7().simple())
}
