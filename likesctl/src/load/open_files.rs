//! The limit on open files: every post in flight has a connection, which is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside the connections of posts: those of retries, of counts, and of the process.
const OTHERS: u64 = 64;

/// Raises the limit as far as the system lets this process, and returns how many posts it allows in flight.
pub(super) fn raise_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    // If it cannot be raised, it holds as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    getrlimit(Resource::Nofile).current.map_or(u64::MAX, |files| files.saturating_sub(OTHERS).max(1))
}
