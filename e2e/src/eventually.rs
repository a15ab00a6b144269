//! Waiting for what takes its time, and for no longer than that.

use std::{fmt::Debug, time::Duration};

use tokio::time::{Instant, sleep};

/// How long the slowest part may take: on AWS, Firehose gathers an object for a minute or more.
const PATIENCE: Duration = Duration::from_mins(4);
const PAUSE: Duration = Duration::from_millis(200);

/// How long a value must stay what it is to be believed.
const HOLD: Duration = Duration::from_secs(3);

/// Observes until `is_there` holds and returns what was seen.
///
/// # Panics
/// If it does not hold after four minutes; the message shows what was seen last.
pub async fn eventually<T: Debug>(observe: impl AsyncFn() -> T, is_there: impl Fn(&T) -> bool) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = observe().await;
        if is_there(&seen) {
            return seen;
        }
        assert!(Instant::now() < deadline, "not there after {PATIENCE:?}; seen last: {seen:?}");
        sleep(PAUSE).await;
    }
}

/// Waits for a value to come, then sees to it that it stays.
///
/// # Panics
/// If it does not come, or changes again.
pub async fn stays<T: Debug + PartialEq>(observe: impl AsyncFn() -> T, expected: T) {
    eventually(&observe, |seen| *seen == expected).await;
    let until = Instant::now() + HOLD;
    while Instant::now() < until {
        assert_eq!(observe().await, expected, "came, but did not stay");
        sleep(PAUSE).await;
    }
}
