//! What a report says about one message.

use std::fmt;

use indicatif::HumanDuration;
use jiff::Timestamp;
use serde::Serialize;

use super::{discarded::Found, message::Message, origin::Origin, payload::Payload, queue::Received};
use crate::printable::Printable;

/// A message, and what became of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub outcome: Outcome,
    /// Why the message was left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The keys of the likes that are redriven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likes: Option<Vec<String>>,
    /// What is redriven of records that Lambda discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<Found>,
    pub message_id: String,
    /// When the message was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    pub reason: String,
    #[serde(flatten)]
    pub origin: Origin,
    /// The whole message, if it is listed. The others are not kept, so that memory does not grow with their bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
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
    /// It was to be redriven or discarded, and is left in quarantine.
    Left,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Listed => "quarantined",
            Self::Redriven => "redriven",
            Self::WouldBeRedriven => "would be redriven",
            Self::Discarded => "discarded",
            Self::WouldBeDiscarded => "would be discarded",
            Self::Left => "left",
        })
    }
}

impl Entry {
    pub(super) fn new(outcome: Outcome, received: Received) -> Self {
        let Received { id, sent_at, message, .. } = received;
        Self {
            outcome,
            why: None,
            likes: None,
            found: None,
            message_id: id,
            sent_at,
            reason: message.reason().to_owned(),
            origin: Origin::from(&message),
            message: (outcome == Outcome::Listed).then_some(message),
        }
    }

    /// A message that is left for this reason.
    pub(super) fn left(received: Received, why: String) -> Self {
        Self { why: Some(why), ..Self::new(Outcome::Left, received) }
    }

    /// The same message, if it could not be deleted.
    pub(super) fn not_deleted(self, why: &str) -> Self {
        let why = match self.outcome {
            Outcome::Redriven => {
                format!(
                    "its likes are on the stream, but it could not be deleted ({why}); redriving it again is harmless"
                )
            }
            _ => format!("it could not be deleted ({why})"),
        };
        Self { outcome: Outcome::Left, why: Some(why), ..self }
    }

    /// Writes it for a person who reads it `now`.
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>, now: Timestamp) -> fmt::Result {
        write!(f, "{}: {}", self.outcome, Printable(&self.reason))?;
        if let Some(sent_at) = self.sent_at {
            let age = now.duration_since(sent_at).try_into().unwrap_or_default();
            write!(f, " ({} old)", HumanDuration(age))?;
        }
        writeln!(f, "\n    {}", self.origin)?;
        if let Some(why) = &self.why {
            writeln!(f, "    why: {}", Printable(why))?;
        }
        if let Some(likes) = &self.likes {
            writeln!(f, "    likes: {}", Printable(&likes.join(", ")))?;
        }
        if let Some(found) = &self.found {
            writeln!(f, "    {found}")?;
        }
        match &self.message {
            Some(Message::Record(record)) => match record.kept() {
                Ok(bytes) => {
                    writeln!(f, "    {}", Payload(&bytes))?;
                    let (kept, length) = (bytes.len(), record.length);
                    if kept < length {
                        writeln!(
                            f,
                            "    {kept} of the record's {length} bytes were kept; the archive has all of it"
                        )?;
                    }
                    Ok(())
                }
                Err(error) => writeln!(f, "    {error}"),
            },
            Some(Message::Discarded(_)) => writeln!(
                f,
                "    the message does not hold the records; redrive takes them from the stream or from the archive"
            ),
            Some(Message::Other(value)) => {
                let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
                writeln!(f, "    {}", Payload(text.as_bytes()))
            }
            None => Ok(()),
        }
    }
}
