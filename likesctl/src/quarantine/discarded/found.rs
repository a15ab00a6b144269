//! What was found of the records that Lambda discarded.

use std::fmt;

use serde::Serialize;

use crate::plural::plural;

/// What was found of discarded records, and put on the stream again unless nothing was to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::quarantine) struct Found {
    #[serde(flatten)]
    pub place: Place,
    /// How many likes are not put on the stream, because they are too old.
    pub too_old: u64,
}

/// Where likes were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "in", rename_all = "camelCase")]
pub(in crate::quarantine) enum Place {
    /// So many records were still on the stream.
    Stream { records: u64 },
    /// They were searched for in so many objects, with so many likes in all, of which the ledger lacked so many.
    Archive { objects: u64, likes: u64, missing: u64 },
}

impl Found {
    /// Why the message must be left, if it must.
    pub(in crate::quarantine) fn why_left(self) -> Option<String> {
        (self.too_old > 0).then(|| {
            format!(
                "{} so old that a ledger entry could expire while copies are on the stream: run likesctl rebuild, then \
                 discard the message",
                if self.too_old == 1 { "1 like is".to_owned() } else { format!("{} likes are", self.too_old) }
            )
        })
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Stream { records } => write!(f, "from the stream: {}", plural(records, "record")),
            Place::Archive { objects, likes, missing } => {
                let (likes, objects) = (plural(likes, "like"), plural(objects, "object"));
                let were = if missing == 1 { "was" } else { "were" };
                write!(f, "from the archive: {missing} of {likes} in {objects} {were} missing")
            }
        }
    }
}
