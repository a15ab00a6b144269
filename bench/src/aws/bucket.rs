//! A token bucket, which is how AWS limits a rate.

use tokio::time::Instant;

/// Holds what may be taken at once, at most a second's worth, and refills at a steady rate.
#[derive(Debug)]
pub(super) struct Bucket {
    /// What may be taken each second.
    rate: f64,
    tokens: f64,
    refilled: Instant,
}

impl Bucket {
    /// A full bucket.
    pub(super) fn new(rate: f64) -> Self {
        Self { rate, tokens: rate, refilled: Instant::now() }
    }

    /// Takes so much and returns true, or takes nothing if less is left.
    pub(super) fn take(&mut self, tokens: f64) -> bool {
        let now = Instant::now();
        let refill = now.duration_since(self.refilled).as_secs_f64() * self.rate;
        self.tokens = (self.tokens + refill).min(self.rate);
        self.refilled = now;
        let is_enough = self.tokens >= tokens;
        if is_enough {
            self.tokens -= tokens;
        }
        is_enough
    }

    /// Puts back what was taken for something that then did not happen.
    pub(super) fn put_back(&mut self, tokens: f64) {
        self.tokens = (self.tokens + tokens).min(self.rate);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_holds_a_second_and_refills_steadily() {
        let mut bucket = Bucket::new(1000.0);
        assert!(bucket.take(600.0));
        assert!(!bucket.take(401.0), "takes nothing if less is left");
        assert!(bucket.take(400.0));
        assert!(!bucket.take(1.0));
        advance(Duration::from_millis(100)).await;
        assert!(bucket.take(100.0));
        assert!(!bucket.take(1.0));
        advance(Duration::from_secs(10)).await;
        assert!(!bucket.take(1001.0), "never holds more than a second");
        assert!(bucket.take(1000.0));
        bucket.put_back(5.0);
        assert!(bucket.take(5.0));
    }
}
