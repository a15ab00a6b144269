//! Figures as text, short enough for a column.

use jiff::{SignedDuration, Timestamp};

use super::metric::Unit;

/// A value with its unit: at most eight characters up to a million.
pub(super) fn text(value: f64, unit: Unit) -> String {
    match unit {
        Unit::PerSecond if value == 0.0 => "0/s".to_owned(),
        Unit::PerSecond if value < 1.0 => format!("{value:.2}/s"),
        Unit::PerSecond if value < 100.0 => format!("{value:.1}/s"),
        Unit::PerSecond => format!("{value:.0}/s"),
        Unit::Events => format!("{value:.0}"),
        Unit::Milliseconds => seconds(value / 1000.0),
        Unit::Seconds => seconds(value),
    }
}

/// How long ago something was; a clock that is ahead counts as 0.
pub(super) fn age(now: Timestamp, time: Timestamp) -> String {
    seconds(now.duration_since(time).max(SignedDuration::ZERO).as_secs_f64().trunc())
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

fn seconds(seconds: f64) -> String {
    match seconds {
        0.0 => "0 s".to_owned(),
        _ if seconds < 1.0 => format!("{:.0} ms", seconds * 1000.0),
        _ if seconds < 10.0 && seconds.fract() != 0.0 => format!("{seconds:.1} s"),
        _ if seconds < 2.0 * MINUTE => format!("{seconds:.0} s"),
        _ if seconds < 2.0 * HOUR => format!("{:.0} min", seconds / MINUTE),
        _ if seconds < 2.0 * DAY => format!("{:.0} h", seconds / HOUR),
        _ => format!("{:.0} d", seconds / DAY),
    }
}

/// The start of a period, in UTC, as the functions' logs have it.
pub(super) fn time(at: Timestamp, period: i32) -> String {
    at.strftime(if period % 60 == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_its_unit_and_no_more_digits_than_mean_something() {
        let rate = |value| text(value, Unit::PerSecond);
        assert_eq!([0.0, 0.016, 25.04, 1502.4].map(rate), ["0/s", "0.02/s", "25.0/s", "1502/s"]);
        let time = |value| text(value, Unit::Milliseconds);
        let times = [0.0, 72.4, 1200.0, 9_000.0, 65_000.0, 300_000.0, 8_000_000.0, 200_000_000.0];
        assert_eq!(times.map(time), ["0 s", "72 ms", "1.2 s", "9 s", "65 s", "5 min", "2 h", "2 d"]);
        assert_eq!(text(3.0, Unit::Events), "3");
        assert_eq!(text(90.0, Unit::Seconds), "90 s");
    }

    #[test]
    fn an_age_is_never_negative() {
        let second = |second| Timestamp::from_millisecond(second).unwrap();
        assert_eq!(age(second(42_900), second(0)), "42 s");
        assert_eq!(age(second(0), second(42_000)), "0 s");
    }

    #[test]
    fn a_period_is_named_by_its_start() {
        let at = "2026-11-24T14:33:20Z".parse().unwrap();
        assert_eq!([60, 10].map(|period| time(at, period)), ["14:33", "14:33:20"]);
    }
}
