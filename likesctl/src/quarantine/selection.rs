//! Which messages a command is about.

use std::fmt;

use clap::{Args, builder::NonEmptyStringValueParser};

use super::message::Message;
use crate::printable::Printable;

#[derive(Debug, Clone, Default, Args)]
#[group(id = "selection", multiple = false)]
pub(super) struct Selection {
    /// Only the record with this sequence number, or Lambda's message about a range that starts with it
    #[arg(long, value_name = "NUMBER", value_parser = NonEmptyStringValueParser::new())]
    pub sequence_number: Option<String>,
    /// Only messages whose reason contains this text
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    pub reason: Option<String>,
    /// All messages
    #[arg(long)]
    pub all: bool,
}

impl Selection {
    /// Whether some messages may not be selected.
    pub(super) fn is_narrow(&self) -> bool {
        self.sequence_number.is_some() || self.reason.is_some()
    }

    pub(super) fn includes(&self, message: &Message) -> bool {
        let Self { sequence_number, reason, all: _ } = self;
        sequence_number.as_ref().is_none_or(|number| message.sequence_number() == Some(number))
            && reason.as_ref().is_none_or(|reason| message.reason().contains(reason))
    }
}

/// What is selected from among messages: "those … whose …".
impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.sequence_number, &self.reason) {
            (Some(number), _) => write!(f, " with the sequence number {}", Printable(number)),
            (_, Some(reason)) => write!(f, " with \"{}\" in the reason", Printable(reason)),
            (None, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"reason":"unknown version 9","shardId":"s","sequenceNumber":"12","partitionKey":"k","length":0,"data":""}"#;
    const DISCARDED: &str = r#"{"KinesisBatchInfo":{"shardId":"s","startSequenceNumber":"20","endSequenceNumber":"30",
        "approximateArrivalOfFirstRecord":"2026-11-23T05:00:00Z","approximateArrivalOfLastRecord":"2026-11-23T05:00:01Z"}}"#;

    /// Which of a record, a message of Lambda's and another message are selected.
    fn selected(sequence_number: Option<&str>, reason: Option<&str>) -> [bool; 3] {
        let [sequence_number, reason] = [sequence_number, reason].map(|text| text.map(str::to_owned));
        let selection = Selection { sequence_number, reason, all: false };
        [RECORD, DISCARDED, "hello"].map(|body| selection.includes(&Message::read(body)))
    }

    #[test]
    fn everything_is_selected_by_default() {
        assert_eq!(selected(None, None), [true, true, true]);
    }

    #[test]
    fn a_sequence_number_selects_a_record_or_the_range_that_starts_with_it() {
        assert_eq!(selected(Some("12"), None), [true, false, false]);
        assert_eq!(selected(Some("20"), None), [false, true, false]);
        assert_eq!(selected(Some("1"), None), [false, false, false]);
    }

    #[test]
    fn a_text_selects_messages_whose_reason_contains_it() {
        assert_eq!(selected(None, Some("version")), [true, false, false]);
        assert_eq!(selected(None, Some("discarded")), [false, true, false]);
        assert_eq!(selected(None, Some("Version")), [false, false, false]);
    }

    #[test]
    fn a_selection_is_described() {
        let of_reason = Selection { reason: Some("\u{1b}x".into()), ..Selection::default() };
        assert_eq!(of_reason.to_string(), r#" with "\u{1b}x" in the reason"#);
        let of_number = Selection { sequence_number: Some("12".into()), ..Selection::default() };
        assert_eq!(of_number.to_string(), " with the sequence number 12");
    }
}
