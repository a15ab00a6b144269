//! What the archive holds: the distinct likes of each movie, counted here or by a query in Athena.

mod expiry;
mod margin;
mod query_results;

use std::{collections::BTreeSet, pin::pin};

use archive::{Archive, ArchiveError, Line, Object};
pub(crate) use expiry::{ExpiryError, may_have_expired};
use futures::{Stream, TryStreamExt};
pub(crate) use margin::{TooShort, default_margin, margin, settled};
pub(crate) use query_results::{SurveyError, read_query_results};
pub(crate) use tally::{LikeHash, Likes, Survey, Tally};

use crate::{counts::Counts, progress};

/// All movies that are in the archive or have a count.
pub(crate) fn movies<'a>(survey: &'a Survey, counts: &'a Counts) -> BTreeSet<&'a String> {
    survey.movies.keys().chain(counts.counts.keys()).chain(counts.malformed.keys()).collect()
}

/// Reads the lines of these objects in batches, and shows the progress.
pub(crate) fn lines(
    archive: &Archive,
    objects: Vec<Object>,
    parallel: usize,
) -> impl Stream<Item = Result<Vec<Line>, ArchiveError>> {
    let bytes = objects.iter().map(|object| object.bytes).sum();
    let progress = progress::bar(bytes, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    archive.lines(objects, parallel, move |object| progress.inc(object.bytes))
}

/// Adds these lines to a tally.
pub(crate) async fn tally(
    lines: impl Stream<Item = Result<Vec<Line>, ArchiveError>>,
    mut tally: Tally,
) -> Result<Tally, ArchiveError> {
    let mut batches = pin!(lines);
    while let Some(batch) = batches.try_next().await? {
        for line in &batch {
            tally.add(line);
        }
    }
    Ok(tally)
}
