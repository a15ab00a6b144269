//! What the archive holds: the distinct likes of each movie, counted here or by a query in Athena.

mod expiry;
mod margin;
mod query_results;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use archive::{Archive, ArchiveError, Line, Object};
pub(crate) use expiry::{ExpiryError, may_have_expired};
use futures::Stream;
pub(crate) use margin::{TooShort, margin, settled};
pub(crate) use query_results::{SurveyError, read_query_results};
pub(crate) use tally::{LikeHash, Tally, hash};

use crate::{counts::Counts, progress};

/// What an archive holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Survey {
    pub movies: BTreeMap<String, Likes>,
    /// Lines, copies included.
    pub lines: u64,
    /// Lines without a like: those of quarantined records.
    pub without_like: u64,
}

/// A movie's distinct likes in the archive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Likes {
    /// Those that must be counted.
    pub archived: u64,
    /// In addition, those that are too young to judge.
    pub young: u64,
}

impl Survey {
    /// All movies that are in the archive or have a count.
    pub(crate) fn movies<'a>(&'a self, counts: &'a Counts) -> BTreeSet<&'a String> {
        self.movies.keys().chain(counts.counts.keys()).chain(counts.malformed.keys()).collect()
    }

    /// A movie's likes; none if the archive has none.
    pub(crate) fn likes(&self, movie: &str) -> Likes {
        self.movies.get(movie).copied().unwrap_or_default()
    }
}

/// Reads the lines of these objects and shows the progress.
pub(crate) fn lines(
    archive: &Archive,
    objects: Vec<Object>,
    parallel: usize,
) -> impl Stream<Item = Result<Line, ArchiveError>> {
    let bytes = objects.iter().map(|object| object.bytes).sum();
    let progress = progress::bar(bytes, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    archive.lines(objects, parallel, move |object| progress.inc(object.bytes))
}
