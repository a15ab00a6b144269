//! When a request is retried.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

const MIN_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(2);
/// A server must not be able to stall a client for hours.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(1);

/// The delays between the attempts of one request: exponential backoff with jitter.
#[derive(Debug)]
pub struct Retries(ExponentialBackoff);

impl Retries {
    /// Retries until the delays add up to `total`.
    #[must_use]
    pub fn up_to(total: Duration) -> Self {
        Self(backoff().with_total_delay(Some(total)).build())
    }

    /// Retries without end.
    #[must_use]
    pub fn endless() -> Self {
        Self(backoff().build())
    }

    /// The delay before the next attempt, not shorter than `retry_after`; none if there are to be no more attempts.
    pub fn delay(&mut self, retry_after: Option<Duration>) -> Option<Duration> {
        let retry_after = retry_after.unwrap_or_default().min(MAX_RETRY_AFTER);
        self.0.next().map(|delay| delay.max(retry_after))
    }
}

fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(MIN_DELAY)
        .with_max_delay(MAX_DELAY)
        .without_max_times()
        .with_jitter()
}

#[cfg(test)]
mod tests {
    use std::iter;

    use super::*;

    #[test]
    fn delays_grow_to_a_maximum_and_have_jitter() {
        let mut retries = Retries::endless();
        let mut expected = MIN_DELAY;
        for _ in 0..20 {
            let delay = retries.delay(None).unwrap();
            assert!((expected..=2 * expected).contains(&delay), "{delay:?}");
            expected = (2 * expected).min(MAX_DELAY);
        }
    }

    #[test]
    fn delays_add_up_to_no_more_than_the_total() {
        let mut retries = Retries::up_to(Duration::from_secs(30));
        let total: Duration = iter::from_fn(|| retries.delay(None)).sum();
        assert!((Duration::from_secs(20)..=Duration::from_secs(30)).contains(&total), "{total:?}");
    }

    #[test]
    fn retry_after_lengthens_a_delay_and_never_shortens_it() {
        let mut retries = Retries::endless();
        assert_eq!(retries.delay(Some(Duration::from_secs(20))), Some(Duration::from_secs(20)));
        assert!(retries.delay(Some(Duration::ZERO)).unwrap() >= 2 * MIN_DELAY);
    }

    #[test]
    fn retry_after_is_limited() {
        assert_eq!(Retries::endless().delay(Some(Duration::from_hours(1))), Some(MAX_RETRY_AFTER));
    }
}
