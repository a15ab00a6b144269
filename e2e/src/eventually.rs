//! Waits for asynchronous effects, no longer than necessary.

use std::{fmt::Debug, time::Duration};

use tokio::time::{Instant, sleep};

/// The timeout. On AWS, Firehose buffers an object for a minute or more.
const TIMEOUT: Duration = Duration::from_mins(4);
const PAUSE: Duration = Duration::from_millis(200);

/// How long a value must stay the same.
const HOLD: Duration = Duration::from_secs(3);

/// Observes a value until `is_expected` holds, and returns it.
///
/// # Panics
/// If it does not hold after four minutes. The message has the last value.
pub async fn eventually<T: Debug>(observe: impl AsyncFn() -> T, is_expected: impl Fn(&T) -> bool) -> T {
    within(TIMEOUT, observe, is_expected).await
}

/// Observes a value until `is_expected` holds, and returns it.
///
/// # Panics
/// If it does not hold after `timeout`. The message has the last value.
pub async fn within<T: Debug>(
    timeout: Duration,
    observe: impl AsyncFn() -> T,
    is_expected: impl Fn(&T) -> bool,
) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        let value = observe().await;
        if is_expected(&value) {
            return value;
        }
        assert!(Instant::now() < deadline, "not as expected after {timeout:?}; the last value was {value:?}");
        sleep(PAUSE).await;
    }
}

/// Waits until a value is as expected, then checks that it stays so.
///
/// # Panics
/// If it does not become so, or changes again.
pub async fn stays<T: Debug + PartialEq>(observe: impl AsyncFn() -> T, expected: T) {
    eventually(&observe, |value| *value == expected).await;
    let until = Instant::now() + HOLD;
    while Instant::now() < until {
        assert_eq!(observe().await, expected, "the value changed again");
        sleep(PAUSE).await;
    }
}
