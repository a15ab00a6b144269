//! The values of a metric.

use jiff::Timestamp;
use serde::Serialize;

use super::window::{PERIODS, Window};

/// The values of a metric in the periods of a window. `None` is no data, which is not 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    window: Window,
    values: [Option<f64>; PERIODS],
}

/// A value and the start of its period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Value {
    pub at: Timestamp,
    pub value: f64,
}

impl Series {
    /// Of values and their times in seconds since the epoch, in any order; those outside of the window are left out.
    pub(super) fn of(window: Window, points: impl IntoIterator<Item = (i64, f64)>) -> Self {
        let mut values = [None; PERIODS];
        for (second, value) in points {
            if let Some(slot) = window.index_of(second).and_then(|index| values.get_mut(index)) {
                *slot = Some(value);
            }
        }
        Self { window, values }
    }

    /// The latest value that there is: the latest periods may have no data yet.
    pub(super) fn latest(&self) -> Option<Value> {
        let (index, value) =
            self.values.iter().enumerate().rev().find_map(|(i, value)| Some((i, (*value)?)))?;
        Some(Value { at: self.window.start_of(index), value })
    }

    /// The values from the oldest to the latest.
    pub(super) fn values(&self) -> &[Option<f64>] {
        &self.values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_value_is_the_last_that_there_is_in_whatever_order_they_come() {
        let window = Window::until(Timestamp::from_second(1800).unwrap(), 60);
        let series = Series::of(window, [(1680, 2.0), (60, 0.0), (1620, 9.0), (1800, 7.0), (-60, 7.0)]);
        let latest = Value { at: Timestamp::from_second(1680).unwrap(), value: 2.0 };
        assert_eq!(series.latest(), Some(latest));
        assert_eq!(series.values()[0..3], [None, Some(0.0), None]);
        assert_eq!(series.values()[27..], [Some(9.0), Some(2.0), None]);
        assert_eq!(Series::of(window, []).latest(), None);
    }
}
