//! `likesctl backfill`: writes to the archive what the ledger has and the archive lacks, while the pipeline runs.

mod by_day;
mod candidates;
mod error;
mod judge;
mod report;
mod search;

use std::{collections::HashSet, io};

use archive::Archive;
use aws_sdk_dynamodb::Client;
use by_day::ByDay;
use clap::Args;
use error::BackfillError;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use judge::Judge;
use like::{LikeEvent, MovieId};
use report::{BackfillReport, Done};
use search::search;
use tokio::time::sleep;

use crate::{
    duration::duration,
    plural::plural,
    scan,
    survey::{self, Tally},
    target::Target,
};

/// How long a like may take besides Firehose's buffering, until the object is written.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// How many likes are gathered before some are written: it bounds the memory, and the size of an object.
const GATHERED: usize = 100_000;

/// Write likes to the archive that the ledger has and the archive lacks
///
/// Reads the archive and the whole ledger, and reports how many likes of each movie the archive lacks. With --apply, it
/// writes them to the archive, in objects of their own. It is safe at any time: readers of the archive count a duplicate
/// once. Exits with 1 if likes are missing in the end, or if an item of the ledger is not the entry of a like.
#[derive(Debug, Args)]
pub(crate) struct Backfill {
    /// Write what is missing, instead of only reporting it
    #[arg(long)]
    apply: bool,
    /// Only this movie; may be given more than once
    #[arg(long, value_name = "ID")]
    movie: Vec<MovieId>,
    /// Do not judge likes younger than this, which Firehose may still have to write; at least archiveBufferSeconds
    /// [default: archiveBufferSeconds plus 1m, or plus 8s on the local stack]
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    margin: Option<SignedDuration>,
    /// How many objects of the archive, and segments of the ledger, to read at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    parallel: u16,
}

/// Compares the ledger with the archive, and writes what is missing with `--apply`.
pub(crate) async fn run(
    target: &Target,
    args: &Backfill,
    yes: bool,
) -> Result<BackfillReport, BackfillError> {
    let outputs = &target.outputs;
    let margin = survey::margin(outputs, args.margin, SLACK)?;
    let settled = survey::settled(margin);
    let config = outputs.sdk_config().await;
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let is_selected =
        |movie: &str| args.movie.is_empty() || args.movie.iter().any(|selected| selected.as_str() == movie);
    let lines = |objects| {
        survey::lines(&archive, objects, usize::from(args.parallel)).map_ok(|mut lines| {
            lines.retain(|line| line.like.as_ref().is_some_and(|like| is_selected(like.movie_id.as_str())));
            lines
        })
    };

    let objects = archive.objects().await?;
    // What had not expired by now was listed.
    let expired = judge::expired(Timestamp::now(), outputs.archive_expire_after_days);
    let read: HashSet<_> = objects.iter().map(|object| object.key.clone()).collect();
    // Only whether a like is archived matters, not since when.
    let tally = survey::tally(lines(objects), Tally::new(Timestamp::MAX, Timestamp::MAX)).await?;
    let mut judge = Judge { archive: tally, settled, expired };

    let client = Client::new(&config);
    let pages = scan::pages(&client, &outputs.ledger_table, args.parallel, None);
    let (found, mut candidates) = search(pages, &judge, is_selected).await?;
    if candidates.number > 0 {
        // Some may have been clicked long ago and counted just now.
        let number = plural(candidates.number, "like");
        eprintln!("{number} may be missing; waiting {margin:#} until what was counted has been archived…");
        sleep(margin.unsigned_abs()).await;
        let mut objects = archive.objects().await?;
        objects.retain(|object| !read.contains(&object.key));
        judge.archive = survey::tally(lines(objects), judge.archive).await?;
    }
    let mut report = BackfillReport::new(found, candidates.missing_of_movies(&judge.archive)?);
    if args.apply && report.missing > 0 {
        target.confirm(&format!("write {} to the archive", plural(report.missing, "like")), yes).await?;
        report.done = Some(write(&archive, candidates.missing(&judge.archive)?).await?);
    }
    Ok(report)
}

/// Writes likes to the archive, in objects by day.
async fn write(
    archive: &Archive,
    likes: impl Iterator<Item = io::Result<LikeEvent>>,
) -> Result<Done, BackfillError> {
    let mut done = Done::default();
    let mut by_day = ByDay::new(GATHERED);
    for like in likes {
        if let Some((day, likes)) = by_day.add(like?) {
            archive.write(day, &likes).await?;
            done.add(&likes);
        }
    }
    for (day, likes) in by_day.rest() {
        archive.write(day, &likes).await?;
        done.add(&likes);
    }
    Ok(done)
}
