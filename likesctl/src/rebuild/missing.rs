//! The likes of the archive that the ledger lacks.

use std::collections::{HashMap, HashSet};

use crate::survey::LikeHash;

/// The likes that the ledger lacks, by movie.
pub(super) type Missing = HashMap<String, Lacking>;

/// The likes of a movie that the ledger lacks.
#[derive(Debug, Default)]
pub(super) struct Lacking {
    /// Those that were never entered.
    pub likes: HashSet<LikeHash>,
    /// Those of [`Self::likes`] that may still be on the stream, uncounted.
    pub on_stream: HashSet<LikeHash>,
    /// Those that the ledger may soon have forgotten, and that may still be delivered.
    pub ending: HashSet<LikeHash>,
}
