//! The prefix of an object's key, which may contain the day.

use std::str::FromStr;

use jiff::Timestamp;
use thiserror::Error;

/// The day in UTC, as the Pulumi program writes it:
/// <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#timestamp-namespace>.
const DAY: &str = "!{timestamp:yyyy-MM-dd}";

/// A prefix that may contain [`DAY`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(String);

/// The prefix contains another expression.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("the local stack supports no expression in a prefix but {DAY}")]
pub(crate) struct UnsupportedExpression;

impl Prefix {
    /// The prefix of an object whose first record arrived at this time.
    pub(crate) fn at(&self, time: Timestamp) -> String {
        self.0.replace(DAY, &time.strftime("%Y-%m-%d").to_string())
    }
}

impl FromStr for Prefix {
    type Err = UnsupportedExpression;

    fn from_str(text: &str) -> Result<Self, UnsupportedExpression> {
        if text.replace(DAY, "").contains("!{") {
            return Err(UnsupportedExpression);
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_first_record_in_utc() {
        let prefix: Prefix = "likes/day=!{timestamp:yyyy-MM-dd}/".parse().unwrap();
        assert_eq!(prefix.at("2026-01-02T23:59:59Z".parse().unwrap()), "likes/day=2026-01-02/");
        assert_eq!("likes/".parse::<Prefix>().unwrap().at(Timestamp::UNIX_EPOCH), "likes/");
    }

    #[test]
    fn an_unsupported_expression_is_rejected() {
        for text in ["likes/!{timestamp:HH}/", "!{partitionKeyFromQuery:movie}/day=!{timestamp:yyyy-MM-dd}/"]
        {
            assert_eq!(text.parse::<Prefix>(), Err(UnsupportedExpression), "{text}");
        }
    }
}
