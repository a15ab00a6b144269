//! When records arrived on the stream, and which objects of the archive may hold them.

use archive::Object;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

/// How far a time may be off that a service calls approximate, or that another service's clock tells.
const INACCURACY: SignedDuration = SignedDuration::from_mins(5);

/// When the records of a range arrived on the stream, approximately.
///
/// See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::quarantine) struct Arrival {
    /// When the first one did.
    pub first: Timestamp,
    /// When the last one did.
    pub last: Timestamp,
}

impl Arrival {
    /// The days whose folders may have objects with these records, in the archive of a stream with this retention.
    ///
    /// An object is in the folder of the day on which its oldest record arrived. After an outage Firehose continues where it
    /// stopped, and if there was little traffic one object holds what arrived in the meantime. So the oldest record may be
    /// older by as long as the stream keeps records.
    ///
    /// See <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#timestamp-namespace> and
    /// <https://docs.aws.amazon.com/firehose/latest/dev/troubleshooting.html>.
    pub(super) fn days(self, retention: SignedDuration) -> impl Iterator<Item = Date> {
        let earliest = self.first.saturating_sub(retention + INACCURACY).unwrap_or(Timestamp::MIN);
        let latest = self.last.saturating_add(INACCURACY).unwrap_or(Timestamp::MAX);
        let last = day(latest);
        day(earliest).series(jiff::Span::new().days(1)).take_while(move |day| *day <= last)
    }

    /// Whether an object in one of those folders may hold one of these records: it was written after the first one arrived.
    ///
    /// How much later is not a criterion: Firehose retries S3 for 24 hours
    /// (<https://docs.aws.amazon.com/firehose/latest/dev/retry.html>) or as long as the stream keeps the records
    /// (<https://docs.aws.amazon.com/firehose/latest/dev/troubleshooting.html>), which excludes hardly an object of the
    /// same day.
    pub(super) fn may_be_in(self, object: &Object) -> bool {
        let earliest = self.first.saturating_sub(INACCURACY).unwrap_or(Timestamp::MIN);
        object.written >= earliest.as_second()
    }
}

fn day(time: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(time).date()
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn days(arrival: Arrival, hours: i64) -> Vec<String> {
        arrival.days(SignedDuration::from_hours(hours)).map(|day| day.to_string()).collect()
    }

    #[test]
    fn the_days_are_in_utc_and_begin_one_retention_before_the_first_record() {
        let arrival = Arrival { first: time("2026-03-02T00:10:00Z"), last: time("2026-03-02T23:54:59Z") };
        assert_eq!(days(arrival, 24), ["2026-03-01", "2026-03-02"]);
        let arrival = Arrival { first: time("2026-03-02T00:04:00Z"), last: time("2026-03-02T23:56:00Z") };
        assert_eq!(days(arrival, 24), ["2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03"]);
    }

    #[test]
    fn an_object_that_was_written_before_the_first_record_arrived_does_not_hold_it() {
        let first = time("2026-03-02T00:10:00Z");
        let arrival = Arrival { first, last: first };
        let may_be_in = |written: i64| arrival.may_be_in(&Object { key: String::new(), bytes: 0, written });
        let earliest = (first - 5.minutes()).as_second();
        assert_eq!([earliest - 1, earliest, earliest + 1_000_000].map(may_be_in), [false, true, true]);
    }

    const HOUR: i64 = 3600;

    proptest! {
        /// Firehose writes an object with records that arrived between its oldest record and the moment it is written.
        #[test]
        fn no_object_with_a_record_of_the_range_is_left_out(
            first in 0..1000 * HOUR,
            length in 0..3 * HOUR,
            record in 0.0..=1.0,
            older in 0..=7 * 24 * HOUR,
            later in 0..30 * 24 * HOUR,
        ) {
            let at = |seconds: i64| Timestamp::from_second(1_750_000_000 + seconds).unwrap();
            #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "it is small")]
            let arrived = first + (length as f64 * record) as i64;
            let arrival = Arrival { first: at(first), last: at(first + length) };
            // The object is at most as old as the stream keeps records, counted from the record that it holds.
            let oldest = day(at(arrived - older.min(7 * 24 * HOUR - length)));
            let object = Object { key: String::new(), bytes: 0, written: at(arrived + later).as_second() };
            prop_assert!(arrival.days(SignedDuration::from_hours(7 * 24)).any(|day| day == oldest));
            prop_assert!(arrival.may_be_in(&object));
        }
    }
}
