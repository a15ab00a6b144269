//! The time that is looked at.

use jiff::Timestamp;

/// The number of periods.
pub(super) const PERIODS: usize = 30;

/// The last [`PERIODS`] complete periods. The running one is left out: it would look like a decline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    /// The length of a period, in seconds.
    pub period: i32,
    /// The end of the last period, in seconds since the epoch: a multiple of the period.
    end: i64,
}

impl Window {
    pub(super) fn until(now: Timestamp, period: i32) -> Self {
        let now = now.as_second();
        Self { period, end: now - now.rem_euclid(period.into()) }
    }

    /// When period number `index` starts, counted from the oldest.
    pub(super) fn start_of(self, index: usize) -> Timestamp {
        let before_end = PERIODS.saturating_sub(index);
        let seconds = i64::from(self.period) * i64::try_from(before_end).unwrap_or(i64::MAX);
        Timestamp::from_second(self.end.saturating_sub(seconds)).unwrap_or_default()
    }

    pub(super) fn start(self) -> Timestamp {
        self.start_of(0)
    }

    pub(super) fn end(self) -> Timestamp {
        self.start_of(PERIODS)
    }

    /// The number of the period that this time, in seconds since the epoch, is in.
    pub(super) fn index_of(self, second: i64) -> Option<usize> {
        let periods = (second - self.start().as_second()).div_euclid(self.period.into());
        usize::try_from(periods).ok().filter(|index| *index < PERIODS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_whole_periods_and_ends_before_the_running_one() {
        let window = Window::until("2026-11-24T14:35:59Z".parse().unwrap(), 60);
        assert_eq!(window.start().to_string(), "2026-11-24T14:05:00Z");
        assert_eq!(window.end().to_string(), "2026-11-24T14:35:00Z");
        assert_eq!(window.start_of(29).to_string(), "2026-11-24T14:34:00Z");
    }

    #[test]
    fn a_time_is_in_a_period_or_outside_of_the_window() {
        let window = Window::until(Timestamp::from_second(600).unwrap(), 10);
        let index = |second| window.index_of(second);
        assert_eq!(
            [299, 300, 309, 310, 599, 600].map(index),
            [None, Some(0), Some(0), Some(1), Some(29), None]
        );
    }
}
