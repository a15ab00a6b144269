//! The likes of the archive that the ledger lacks.

use std::collections::{HashMap, HashSet};

use futures::{Stream, TryStreamExt, future};
use jiff::Timestamp;
use like::MovieId;

use crate::{
    archive::{Archive, ArchiveError, Line, Object},
    ledger::{Ledger, MAX_KEYS},
    plan::{Memory, memory},
    rebuild::{CONCURRENCY, RebuildError},
    tally::{LikeHash, Tally, hash},
};

/// The likes that the ledger lacks, by movie.
pub(crate) type Missing = HashMap<String, Lacking>;

/// The likes of a movie that the ledger lacks.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    /// Those that were never entered.
    pub likes: HashSet<LikeHash>,
    /// Those of [`Self::likes`] that may still be on the stream, uncounted.
    pub on_stream: HashSet<LikeHash>,
    /// Those of which that will soon not be known, and that may still be delivered.
    pub ending: HashSet<LikeHash>,
}

/// Where likes are read.
pub(crate) struct Source {
    pub archive: Archive,
    /// What the archive held at first; what came later is left to the pipeline.
    pub objects: Vec<Object>,
    pub parallel: usize,
    /// The movies that are meant; all when empty.
    pub movies: Vec<MovieId>,
    /// Whether everything that is settled has been delivered, as somebody vouches.
    pub caught_up: bool,
}

impl Source {
    pub(crate) fn is_meant(&self, movie: &str) -> bool {
        self.movies.is_empty() || self.movies.iter().any(|meant| meant.as_str() == movie)
    }

    pub(crate) fn lines(&self) -> impl Stream<Item = Result<Line, ArchiveError>> {
        self.archive.lines(self.objects.clone(), self.parallel).try_filter(|line| {
            let meant = line.like.as_ref().is_some_and(|like| self.is_meant(like.movie_id.as_str()));
            future::ready(meant)
        })
    }

    /// The settled likes that should have an entry in the ledger, since it cannot have forgotten them, and have none.
    pub(crate) async fn missing(&self, tally: &Tally, ledger: &Ledger) -> Result<Missing, RebuildError> {
        let now = Timestamp::now();
        let likes = self.lines().try_filter_map(|line| {
            let like = line.like.filter(|like| tally.is_settled(like) && memory(like, now) != Memory::Over);
            future::ok(like)
        });
        let mut lookups = likes
            .try_chunks(MAX_KEYS)
            .map_err(|failure| RebuildError::from(failure.1))
            .map_ok(async |likes| Ok(ledger.missing(likes).await?))
            .try_buffer_unordered(CONCURRENCY);
        let mut missing = Missing::new();
        while let Some(likes) = lookups.try_next().await? {
            for like in likes {
                let lacking = missing.entry(like.movie_id.to_string()).or_default();
                let hash = hash(&like);
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
