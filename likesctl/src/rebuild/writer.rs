//! Writing likes that the ledger lacks, as it is planned for their movies.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use counting::{CONCURRENCY, KnownCells, Like, Outcome, Spread, Tables, by_movie, count_movie, distinct};
use futures::{StreamExt, TryStreamExt, future, stream};
use like::{LikeEvent, MovieId};
use tokio::time::Instant;

use super::{
    error::RebuildError,
    missing::Missing,
    plan::{Left, Plan},
    source::Source,
};
use crate::{ledger::Ledger, survey::LikeHash};

/// How many likes are gathered, to be written movie by movie: it bounds the memory.
const GATHERED: usize = 10_000;
/// How long the likes of one movie that were gathered may take to be written.
const WRITING_TIMEOUT: Duration = Duration::from_mins(5);

/// What came of writing likes of one movie.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Written {
    /// How many were added to the ledger and the count.
    pub added: u64,
    /// How many were entered into the ledger alone.
    pub entered: u64,
    /// Whether some could not be written.
    pub incomplete: bool,
}

/// Where likes are written.
pub(super) struct Writer {
    pub tables: Tables,
    pub ledger: Ledger,
}

impl Writer {
    /// Writes the missing likes of the movies for which that is planned. Notes in the plan where it fails, and returns
    /// what it wrote of each movie.
    pub(super) async fn write(
        &self,
        source: &Source,
        mut missing: Missing,
        mut plans: BTreeMap<&str, &mut Plan>,
    ) -> Result<HashMap<String, Written>, RebuildError> {
        let mut of_movies: HashMap<String, Written> = HashMap::new();
        missing.retain(|movie, _| plans.get(movie.as_str()).is_some_and(|plan| plan.add + plan.enter > 0));
        let mut chunks = source
            .likes()
            .try_filter(|like| {
                let lacking = missing.get(like.movie_id.as_str());
                future::ready(lacking.is_some_and(|lacking| lacking.likes.contains(&LikeHash::of(like))))
            })
            .try_chunks(GATHERED)
            .map_err(|failure| failure.1);
        while let Some(likes) = chunks.try_next().await? {
            let written = stream::iter(by_movie(distinct(likes.into_iter().map(|like| (0, like)))))
                .map(async |(movie, likes)| {
                    let add = plans.get(movie.as_str()).is_some_and(|plan| plan.add > 0);
                    let done = if add { self.add(&movie, likes).await } else { self.enter(likes).await };
                    (movie, done)
                })
                .buffer_unordered(CONCURRENCY)
                .collect::<Vec<_>>()
                .await;
            for (movie, written) in written {
                let Written { added, entered, incomplete } = written?;
                let of_movie = of_movies.entry(movie.to_string()).or_default();
                of_movie.added += added;
                of_movie.entered += entered;
                if let (true, Some(plan)) = (incomplete, plans.get_mut(movie.as_str())) {
                    plan.left = Some(Left::Unwritten);
                }
            }
        }
        Ok(of_movies)
    }

    /// Adds likes as `UpdateCount` does.
    async fn add(&self, movie: &MovieId, likes: Vec<Like>) -> Result<Written, RebuildError> {
        let spread = Spread { known: &KnownCells::default(), shard: 0 };
        let deadline = Instant::now() + WRITING_TIMEOUT;
        let outcomes = count_movie(&self.tables, spread, movie, likes, deadline).await;
        let number = |wanted: Outcome| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
        let (counted, duplicates) = (number(Outcome::Counted), number(Outcome::Duplicate));
        let incomplete = counted + duplicates < outcomes.len();
        Ok(Written { added: counted as u64, entered: 0, incomplete })
    }

    /// Enters likes into the ledger alone.
    async fn enter(&self, likes: Vec<Like>) -> Result<Written, RebuildError> {
        let events: Vec<LikeEvent> = likes.into_iter().map(|like| like.event).collect();
        let entries = stream::iter(&events).map(|event| self.ledger.enter(event));
        entries.buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
        Ok(Written { added: 0, entered: events.len() as u64, incomplete: false })
    }
}
