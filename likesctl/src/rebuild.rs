//! `likesctl rebuild`: makes the counts and the ledger agree with the archive, while the pipeline runs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use aws_sdk_dynamodb::Client;
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use jiff::Timestamp;
use like::{LikeEvent, MovieId};
use serde::Serialize;
use stack::Outputs;
use thiserror::Error;
use tokio::time::Instant;
use update_count::{Like, Outcome, Tables, by_movie, count_movie};

use crate::{
    archive::{Archive, ArchiveError, Line, Object},
    cli::Rebuild,
    counts::{self, Count, CountsError},
    ledger::{Ledger, LedgerError, MAX_KEYS},
    plan::{Left, Plan, Standing, is_forgotten},
    survey::{Likes, Survey},
    tally::{LikeHash, Tally, hash, length},
    verify,
};

/// How many calls of DynamoDB are under way at once.
const CONCURRENCY: usize = 16;
/// How many likes are gathered, to be written movie by movie: it bounds the memory.
const GATHERED: usize = 10_000;
/// How long the likes of one movie that were gathered may take to be written.
const WRITING_TIMEOUT: Duration = Duration::from_mins(5);

/// The counts and the ledger could not be compared with the archive, or not be repaired.
#[derive(Debug, Error)]
pub(crate) enum RebuildError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Counts(#[from] CountsError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What is wrong, and what was done about it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    applied: bool,
    /// In the order of their ids; those that are right are left out.
    movies: Vec<Repair>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Repair {
    movie_id: String,
    archived: u64,
    counted: u64,
    #[serde(flatten)]
    plan: Plan,
}

/// The likes that the ledger lacks, by movie.
type Missing = HashMap<String, HashSet<LikeHash>>;

/// Compares, repairs if it is told to, prints a report and says whether all is right then.
pub(crate) async fn run(outputs: &Outputs, args: &Rebuild, json: bool) -> Result<bool, RebuildError> {
    let config = outputs.sdk_config().await;
    let client = Client::new(&config);
    let ledger = Ledger::new(client.clone(), outputs.ledger_table.clone());
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let objects = archive.objects().await?;
    let source =
        Source { archive, objects, parallel: usize::from(args.parallel), movies: args.movie.clone() };
    let settled = verify::settled(args.margin);

    let tally = verify::tally(source.lines(), settled).await?;
    let missing = source.missing(&tally, &ledger).await?;
    // Read last: a like that was counted meanwhile makes the count look more complete, never less.
    let counts = counts::read(&client, &outputs.counts_table).await?;
    let mut movies = plans(&tally.survey(), &missing, &counts, settled);
    movies.retain(|repair| source.is_meant(&repair.movie_id));
    let mut report = Report { applied: args.apply, movies };
    if args.apply {
        let tables = Tables::new(client.clone(), outputs.ledger_table.clone(), outputs.counts_table.clone());
        let writer = Writer { tables, ledger };
        source.repair(missing, &mut report, &writer).await?;
        for movie in &report.movies {
            if let (Some(likes), None) = (movie.plan.raise_to, movie.plan.left) {
                counts::raise(&client, &outputs.counts_table, &movie.movie_id, likes).await?;
            }
        }
    }
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(if args.apply {
        report.movies.iter().all(|movie| movie.plan.left.is_none())
    } else {
        report.movies.is_empty()
    })
}

/// The movies about which something has to be done.
fn plans(
    survey: &Survey,
    missing: &Missing,
    counts: &HashMap<String, Count>,
    settled: Timestamp,
) -> Vec<Repair> {
    let movies = survey.movies(counts).into_iter().map(|movie| {
        let Likes { archived, young } = survey.likes(movie);
        let count = counts.get(movie);
        let counted = count.map_or(0, |count| count.likes);
        let plan = Plan::new(Standing {
            archived,
            young,
            missing: missing.get(movie).map_or(0, |likes| length(likes.len())),
            counted,
            quiet: count.is_none_or(|count| count.updated <= settled),
        });
        Repair { movie_id: movie.clone(), archived, counted, plan }
    });
    movies.filter(|movie| !movie.plan.is_nothing()).collect()
}

/// Where likes are read.
struct Source {
    archive: Archive,
    /// What the archive held at first; what came later is left to the pipeline.
    objects: Vec<Object>,
    parallel: usize,
    /// The movies that are meant; all when empty.
    movies: Vec<MovieId>,
}

impl Source {
    fn is_meant(&self, movie: &str) -> bool {
        self.movies.is_empty() || self.movies.iter().any(|meant| meant.as_str() == movie)
    }

    fn lines(&self) -> impl Stream<Item = Result<Line, ArchiveError>> {
        self.archive.lines(self.objects.clone(), self.parallel).try_filter(|line| {
            let meant = line.like.as_ref().is_some_and(|like| self.is_meant(like.movie_id.as_str()));
            future::ready(meant)
        })
    }

    /// The settled likes that should have an entry in the ledger and have none.
    async fn missing(&self, tally: &Tally, ledger: &Ledger) -> Result<Missing, RebuildError> {
        let now = Timestamp::now();
        let likes = self.lines().try_filter_map(|line| {
            let like = line.like.filter(|like| tally.is_settled(like) && !is_forgotten(like, now));
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
                missing.entry(like.movie_id.to_string()).or_default().insert(hash(&like));
            }
        }
        Ok(missing)
    }

    /// Writes the missing likes of the movies for which that is planned; notes where it fails.
    async fn repair(
        &self,
        mut missing: Missing,
        report: &mut Report,
        writer: &Writer,
    ) -> Result<(), RebuildError> {
        let mut movies: BTreeMap<&str, &mut Plan> =
            report.movies.iter_mut().map(|movie| (movie.movie_id.as_str(), &mut movie.plan)).collect();
        missing
            .retain(|movie, _| movies.get(movie.as_str()).is_some_and(|plan| plan.add + plan.remember > 0));
        let mut chunks = self
            .lines()
            .try_filter_map(|line| future::ok(line.like))
            .try_filter(|like| {
                let likes = missing.get(like.movie_id.as_str());
                future::ready(likes.is_some_and(|likes| likes.contains(&hash(like))))
            })
            .try_chunks(GATHERED)
            .map_err(|failure| failure.1);
        while let Some(likes) = chunks.try_next().await? {
            let written = stream::iter(by_movie(likes.into_iter().map(|like| (0, like))))
                .map(async |(movie, likes)| {
                    let add = movies.get(movie.as_str()).is_some_and(|plan| plan.add > 0);
                    let done =
                        if add { writer.add(&movie, likes).await } else { writer.remember(likes).await };
                    (movie, done)
                })
                .buffer_unordered(CONCURRENCY)
                .collect::<Vec<_>>()
                .await;
            for (movie, done) in written {
                if let (false, Some(plan)) = (done?, movies.get_mut(movie.as_str())) {
                    plan.left = Some(Left::Unwritten);
                }
            }
        }
        Ok(())
    }
}

/// Where likes are written.
struct Writer {
    tables: Tables,
    ledger: Ledger,
}

impl Writer {
    /// Adds likes as `UpdateCount` does, and says whether all are counted then.
    async fn add(&self, movie: &MovieId, likes: Vec<Like>) -> Result<bool, RebuildError> {
        let outcomes = count_movie(&self.tables, movie, likes, Instant::now() + WRITING_TIMEOUT).await;
        Ok(outcomes.iter().all(|(_, outcome)| matches!(outcome, Outcome::Counted | Outcome::Known)))
    }

    /// Enters likes into the ledger alone.
    async fn remember(&self, likes: Vec<Like>) -> Result<bool, RebuildError> {
        let events: Vec<LikeEvent> = likes.into_iter().map(|like| like.event).collect();
        let entries = stream::iter(&events).map(|event| self.ledger.remember(event));
        entries.buffer_unordered(CONCURRENCY).try_collect::<Vec<()>>().await?;
        Ok(true)
    }
}

fn print(report: &Report) {
    if report.movies.is_empty() {
        println!("The counts and the ledger agree with the archive.");
        return;
    }
    println!("{:<64} {:>12} {:>12}  repair", "movie", "archived", "counted");
    for Repair { movie_id, archived, counted, plan } in &report.movies {
        println!("{movie_id:<64} {archived:>12} {counted:>12}  {}", describe(plan));
    }
    if !report.applied {
        println!("Nothing was changed; to repair, run it again with --apply.");
    }
}

/// A plan in words.
fn describe(plan: &Plan) -> String {
    let Plan { add, remember, raise_to, left } = plan;
    let mut words = Vec::new();
    if *add > 0 {
        words.push(format!("add {add} by the ledger's transaction"));
    }
    if *remember > 0 {
        words.push(format!("enter {remember} into the ledger"));
    }
    if let Some(likes) = raise_to {
        words.push(format!("raise to {likes}"));
    }
    words.extend(left.map(|left| {
        let why = match left {
            Left::Moving => {
                "left: likes are coming in, so what the count has cannot be told; run it again later"
            }
            Left::TooHigh => {
                "left: too high, and likes may be missing in the archive; nothing lowers a count"
            }
            Left::Unwritten => "left: likes could not be written, see above",
        };
        why.to_owned()
    }));
    words.join(", ")
}
