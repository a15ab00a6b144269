//! Durations as arguments.

use jiff::SignedDuration;

/// Reads a duration that is not negative.
pub(crate) fn duration(text: &str) -> Result<SignedDuration, String> {
    let duration = text.parse::<SignedDuration>().ok().filter(|duration| !duration.is_negative());
    duration.ok_or_else(|| "must be a duration, such as 90s, 2m or 1h30m".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_units_and_is_not_negative() {
        assert_eq!(duration("90s"), Ok(SignedDuration::from_secs(90)));
        assert_eq!(duration("1h30m"), Ok(SignedDuration::from_mins(90)));
        assert_eq!(duration("0s"), Ok(SignedDuration::ZERO));
        for text in ["", "90", "-1s", "1s ago", "soon"] {
            assert_eq!(
                duration(text),
                Err("must be a duration, such as 90s, 2m or 1h30m".to_owned()),
                "{text}"
            );
        }
    }
}
