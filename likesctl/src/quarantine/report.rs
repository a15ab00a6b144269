//! What became of the messages.

use std::fmt;

use serde::Serialize;

use super::message::Message;
use crate::{exit::Exit, plural::plural, report::Report};

/// The messages that a command looked at, and what became of each.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuarantineReport {
    pub(super) messages: Vec<Handled>,
}

/// A message, and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Handled {
    pub outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    pub message: Message,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Outcome {
    /// It is in quarantine.
    Listed,
    /// Its likes are on the stream again, and it is deleted.
    Redriven,
    /// It would have been redriven, but for `--dry-run`.
    WouldBeRedriven,
    /// It is deleted.
    Discarded,
    /// It would have been discarded, but for `--dry-run`.
    WouldBeDiscarded,
    /// It was to be redriven, and is left in quarantine.
    Left,
}

impl Outcome {
    fn words(self) -> &'static str {
        match self {
            Self::Listed => "in quarantine",
            Self::Redriven => "redriven",
            Self::WouldBeRedriven => "would be redriven",
            Self::Discarded => "discarded",
            Self::WouldBeDiscarded => "would be discarded",
            Self::Left => "left",
        }
    }
}

impl Report for QuarantineReport {
    fn exit(&self) -> Exit {
        let is_left = self.messages.iter().any(|handled| handled.outcome == Outcome::Left);
        if is_left { Exit::Wrong } else { Exit::Fine }
    }
}

impl fmt::Display for QuarantineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Handled { outcome, why, message } in &self.messages {
            let place = match message {
                Message::Record(record) => format!("{} {}", record.shard_id, record.sequence_number),
                Message::Expired { batch } => batch.to_string(),
                Message::Other(other) => other.to_string(),
            };
            let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            writeln!(f, "{}{why}: {place}: {}", outcome.words(), message.reason().escape_debug())?;
            if let Ok(bytes) = message.bytes() {
                writeln!(f, "    {}", String::from_utf8_lossy(&bytes).trim_end().escape_debug())?;
            }
        }
        writeln!(f, "{}", plural(self.messages.len() as u64, "message"))
    }
}
