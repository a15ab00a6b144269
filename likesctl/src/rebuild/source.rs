//! Where likes are read: the archive, as it was at the start.

use archive::{Archive, ArchiveError, Line, Object};
use counting::CONCURRENCY;
use futures::{Stream, TryStreamExt, future, stream};
use jiff::Timestamp;
use like::{LikeEvent, MovieId};
use tables::MAX_KEYS;

use super::{
    error::RebuildError,
    missing::Missing,
    plan::{Memory, memory},
};
use crate::{
    ledger::Ledger,
    survey::{self, LikeHash, Tally},
};

/// Where likes are read.
pub(super) struct Source {
    pub archive: Archive,
    /// What the archive held at the start. What came later is left to the pipeline.
    pub objects: Vec<Object>,
    pub parallel: usize,
    /// The movies to look at; all if empty.
    pub movies: Vec<MovieId>,
    /// Whether the user vouches that every settled like has been delivered.
    pub caught_up: bool,
}

impl Source {
    pub(super) fn is_selected(&self, movie: &str) -> bool {
        self.movies.is_empty() || self.movies.iter().any(|selected| selected.as_str() == movie)
    }

    /// The lines with likes of the selected movies, in batches.
    pub(super) fn lines(&self) -> impl Stream<Item = Result<Vec<Line>, ArchiveError>> {
        survey::lines(&self.archive, self.objects.clone(), self.parallel).map_ok(|mut batch| {
            batch.retain(|line| {
                line.like.as_ref().is_some_and(|like| self.is_selected(like.movie_id.as_str()))
            });
            batch
        })
    }

    /// The likes of the selected movies, one at a time.
    pub(super) fn likes(&self) -> impl Stream<Item = Result<LikeEvent, ArchiveError>> {
        let likes = |batch: Vec<Line>| stream::iter(batch.into_iter().filter_map(|line| line.like).map(Ok));
        self.lines().map_ok(likes).try_flatten()
    }

    /// The settled likes that should have an entry in the ledger, since it cannot have forgotten them, and have none.
    pub(super) async fn missing(&self, tally: &Tally, ledger: &Ledger) -> Result<Missing, RebuildError> {
        let now = Timestamp::now();
        let likes = self
            .likes()
            .try_filter(|like| future::ready(tally.is_settled(like) && memory(like, now) != Memory::Over));
        let mut lookups = likes
            .try_chunks(MAX_KEYS)
            .map_err(|failure| RebuildError::from(failure.1))
            .map_ok(async |likes| Ok(ledger.missing(likes).await?))
            .try_buffer_unordered(CONCURRENCY);
        let mut missing = Missing::new();
        while let Some(likes) = lookups.try_next().await? {
            for like in likes {
                let lacking = missing.entry(like.movie_id.to_string()).or_default();
                let hash = LikeHash::of(&like);
                match memory(&like, now) {
                    Memory::Sure => {
                        lacking.likes.insert(hash);
                        if !self.caught_up && tally.is_on_stream(&like) {
                            lacking.on_stream.insert(hash);
                        }
                    }
                    Memory::Ending | Memory::Over => {
                        lacking.ending.insert(hash);
                    }
                }
            }
        }
        Ok(missing)
    }
}
