//! Writing likes that the ledger lacks, as it is planned for their movies.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, future, stream};
use like::{LikeEvent, MovieId};
use tokio::time::Instant;
use update_count::{Like, Outcome, Tables, by_movie, count_movie, distinct};

use crate::{
    ledger::Ledger,
    missing::{Missing, Source},
    plan::{Left, Plan},
    rebuild::{CONCURRENCY, RebuildError},
    tally::{hash, length},
};

/// How many likes are gathered, to be written movie by movie: it bounds the memory.
const GATHERED: usize = 10_000;
/// How long the likes of one movie that were gathered may take to be written.
const WRITING_TIMEOUT: Duration = Duration::from_mins(5);

/// What came of writing likes of one movie.
struct Written {
    /// Whether the ledger has all of them now.
    all: bool,
    /// How many were added to the count.
    added: u64,
}

/// Where likes are written.
pub(crate) struct Writer {
    pub tables: Tables,
    pub ledger: Ledger,
}

impl Writer {
    /// Writes the missing likes of the movies for which that is planned; notes in the plan where it fails, and returns
    /// how many likes it added to each count.
    pub(crate) async fn repair(
        &self,
        source: &Source,
        mut missing: Missing,
        mut plans: BTreeMap<&str, &mut Plan>,
    ) -> Result<HashMap<String, u64>, RebuildError> {
        let mut added: HashMap<String, u64> = HashMap::new();
        missing.retain(|movie, _| plans.get(movie.as_str()).is_some_and(|plan| plan.add + plan.remember > 0));
        let mut chunks = source
            .lines()
            .try_filter_map(|line| future::ok(line.like))
            .try_filter(|like| {
                let lacking = missing.get(like.movie_id.as_str());
                future::ready(lacking.is_some_and(|lacking| lacking.likes.contains(&hash(like))))
            })
            .try_chunks(GATHERED)
            .map_err(|failure| failure.1);
        while let Some(likes) = chunks.try_next().await? {
            let written = stream::iter(by_movie(distinct(likes.into_iter().map(|like| (0, like)))))
                .map(async |(movie, likes)| {
                    let add = plans.get(movie.as_str()).is_some_and(|plan| plan.add > 0);
                    let done = if add { self.add(&movie, likes).await } else { self.remember(likes).await };
                    (movie, done)
                })
                .buffer_unordered(CONCURRENCY)
                .collect::<Vec<_>>()
                .await;
            for (movie, written) in written {
                let Written { all, added: number } = written?;
                *added.entry(movie.to_string()).or_default() += number;
                if let (false, Some(plan)) = (all, plans.get_mut(movie.as_str())) {
                    plan.left = Some(Left::Unwritten);
                }
            }
        }
        Ok(added)
    }

    /// Adds likes as `UpdateCount` does.
    async fn add(&self, movie: &MovieId, likes: Vec<Like>) -> Result<Written, RebuildError> {
        let outcomes = count_movie(&self.tables, movie, likes, Instant::now() + WRITING_TIMEOUT).await;
        let number = |wanted: Outcome| outcomes.iter().filter(|(_, outcome)| *outcome == wanted).count();
        let (counted, known) = (number(Outcome::Counted), number(Outcome::Known));
        Ok(Written { all: counted + known == outcomes.len(), added: length(counted) })
    }

    /// Enters likes into the ledger alone.
    async fn remember(&self, likes: Vec<Like>) -> Result<Written, RebuildError> {
        let events: Vec<LikeEvent> = likes.into_iter().map(|like| like.event).collect();
        let entries = stream::iter(&events).map(|event| self.ledger.remember(event));
        entries.buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
        Ok(Written { all: true, added: 0 })
    }
}
