//! How many requests may be traced, whatever their clients ask for.

use std::sync::{Mutex, PoisonError};

/// How many traces may be saved up, and how many a new function environment has.
const MAX_SAVED: u32 = 10;
/// An allowance is counted in hundredths of a trace.
const TRACE: u32 = 100;

/// Allows a share of the requests to be traced.
///
/// API Gateway traces a request at a client's wish, which `X-Amzn-Trace-Id` expresses, and the function cannot tell this
/// from X-Ray's own choice. So it traces at most twice the share that X-Ray is to choose, plus ten: chance rarely makes
/// X-Ray choose more, and a client cannot make anybody pay for more.
#[derive(Debug)]
pub(crate) struct Allowance {
    /// What each request adds, in hundredths of a trace.
    per_request: u32,
    saved: Mutex<u32>,
}

impl Allowance {
    /// Allows twice so many of a hundred requests.
    pub(crate) fn new(percent: u32) -> Self {
        Self { per_request: percent.saturating_mul(2), saved: Mutex::new(MAX_SAVED * TRACE) }
    }

    /// Counts a request, and returns whether it may be traced if it is `sampled`.
    pub(crate) fn allows(&self, sampled: bool) -> bool {
        let mut saved = self.saved.lock().unwrap_or_else(PoisonError::into_inner);
        *saved = saved.saturating_add(self.per_request).min(MAX_SAVED * TRACE);
        let allowed = sampled && *saved >= TRACE;
        if allowed {
            *saved -= TRACE;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many requests are traced if every `nth` is sampled.
    fn traced(percent: u32, requests: usize, nth: usize) -> usize {
        let allowance = Allowance::new(percent);
        (0..requests).filter(|request| allowance.allows(request % nth == 0)).count()
    }

    #[test]
    fn what_x_ray_chooses_is_traced() {
        assert_eq!(traced(5, 10_000, 20), 500);
        assert_eq!(traced(100, 10_000, 1), 10_000);
    }

    #[test]
    fn a_client_that_asks_for_traces_gets_twice_the_share_and_ten_at_most() {
        assert_eq!(traced(5, 10_000, 1), 10 + 9_999 / 10);
        assert_eq!(traced(0, 10_000, 1), 10);
    }

    #[test]
    fn time_without_traces_saves_no_more_than_ten() {
        let allowance = Allowance::new(5);
        assert!((0..10_000).all(|_| !allowance.allows(false)));
        assert_eq!((0..100).filter(|_| allowance.allows(true)).count(), 10 + 99 / 10);
    }
}
