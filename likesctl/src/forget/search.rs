//! The versions of the archive's objects that name the user: finding them, and erasing the user from them.

use archive::{Archive, ArchiveError, Version};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use like::UserId;

use super::{
    line::{Line, erase},
    plan::Trace,
};
use crate::progress;

/// A version with lines that name the user.
#[derive(Debug)]
pub(super) struct Found {
    pub version: Version,
    pub lines: Vec<Line>,
    written: Timestamp,
}

/// What came of erasing the user from a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Erased {
    /// So many lines are gone from the object.
    Lines(u64),
    /// A version that readers did not get any more is gone.
    Version,
    /// Nothing had to go.
    Nothing,
    /// The object was replaced or deleted in the meantime, so it was left alone.
    Changed,
}

impl Found {
    pub(super) fn traces(&self) -> impl Iterator<Item = Trace> {
        self.lines.iter().filter_map(|line| line.like.as_ref()).map(|like| Trace {
            movie: like.movie_id.to_string(),
            clicked: Some(like.liked_at()),
            written: Some(self.written),
        })
    }

    /// Erases the lines that are to go. Of a version that is not current, nothing can be erased but all of it.
    pub(super) async fn erase(
        &self,
        archive: &Archive,
        user: &UserId,
        goes: impl Fn(&Line) -> bool,
    ) -> Result<Erased, ArchiveError> {
        let Self { version, lines, .. } = self;
        if !lines.iter().any(&goes) {
            return Ok(Erased::Nothing);
        }
        if !version.is_current {
            archive.delete_version(version).await?;
            return Ok(Erased::Version);
        }
        let Some(contents) = archive.read_version(version).await? else { return Ok(Erased::Changed) };
        let (rest, erased) = erase(&contents.lines, user, goes);
        let is_replaced = archive.replace(version, contents, rest).await?;
        Ok(if is_replaced { Erased::Lines(erased) } else { Erased::Changed })
    }
}

/// Reads versions of objects, up to `parallel` at once, and returns those that name the user.
pub(super) async fn search(
    archive: &Archive,
    user: &UserId,
    versions: Vec<Version>,
    parallel: usize,
) -> Result<Vec<Found>, ArchiveError> {
    let bytes = versions.iter().map(|version| version.bytes).sum();
    let progress = &progress::bar(bytes, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let found = stream::iter(versions).map(async |version: Version| {
        let contents = archive.read_version(&version).await?;
        progress.inc(version.bytes);
        Ok(contents.map(|contents| Found {
            lines: Line::all(&contents.lines, user),
            written: Timestamp::from_second(contents.written).unwrap_or(Timestamp::MAX),
            version,
        }))
    });
    let found = found.buffer_unordered(parallel);
    found.try_filter_map(async |found| Ok(found.filter(|found| !found.lines.is_empty()))).try_collect().await
}
