//! Medians, percentiles and spread.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The median of the rounds, and their range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// The spread of values; all 0 if there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = match (values.get(middle), middle.checked_sub(1).and_then(|before| values.get(before))) {
            (Some(above), Some(below)) if values.len().is_multiple_of(2) => f64::midpoint(*above, *below),
            (Some(middle), _) => *middle,
            (None, _) => 0.0,
        };
        let [min, max] = [values.first(), values.last()].map(|value| value.copied().unwrap_or_default());
        Self { median, min, max }
    }
}

impl fmt::Display for Spread {
    /// `4.21 (4.02–4.90)`, with three significant digits; without the range if there was one round.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.min.total_cmp(&self.max).is_eq() {
            return formatter.write_str(&significant(self.median));
        }
        write!(
            formatter,
            "{} ({}–{})",
            significant(self.median),
            significant(self.min),
            significant(self.max)
        )
    }
}

/// The value that this part of the values, from 0 to 1, do not exceed: the nearest rank. 0 if there are none.
#[must_use]
pub fn percentile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).or(sorted.last()).copied().unwrap_or_default()
}

/// A number with three significant digits, and commas between its thousands.
#[must_use]
pub fn significant(value: f64) -> String {
    let magnitude = value.abs();
    let digits = match magnitude {
        0.0 => return "0".to_owned(),
        _ if magnitude >= 99.95 => 0,
        _ if magnitude >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, fraction) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, part)| (whole, Some(part)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_some() { "." } else { "" };
    format!("{sign}{grouped}{point}{}", fraction.unwrap_or_default())
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the results are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_the_middle_or_between_the_two_middle_values() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Spread { median: 2.0, min: 1.0, max: 3.0 });
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 3.0]).median, 2.5);
        assert_eq!(Spread::of([]), Spread { median: 0.0, min: 0.0, max: 0.0 });
    }

    #[test]
    fn a_percentile_is_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 0.5), 100.0);
        assert_eq!(percentile(&values, 0.99), 198.0);
        assert_eq!(percentile(&values, 1.0), 200.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 0.5), 2.0);
        assert_eq!(percentile(&[7.0], 0.99), 7.0);
        assert_eq!(percentile(&[], 0.99), 0.0);
    }

    #[test]
    fn numbers_have_three_significant_digits_and_grouped_thousands() {
        let texts = [0.0, 0.1234, 9.994, 12.345, 99.94, 99.96, 1234.5, 1_234_567.0, -1500.0].map(significant);
        assert_eq!(texts, ["0", "0.12", "9.99", "12.3", "99.9", "100", "1,234", "1,234,567", "-1,500"]);
        let spread = Spread { median: 4.206, min: 4.0, max: 12.0 };
        assert_eq!(spread.to_string(), "4.21 (4.00–12.0)");
        assert_eq!(Spread::of([4.206]).to_string(), "4.21");
    }
}
