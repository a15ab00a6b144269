//! `likesctl verify`: do the counts agree with the archive?

use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

use crate::{
    archive::{Archive, ArchiveError},
    cli::Verify,
    counts::{self, CountsError},
    progress,
    tally::{Tally, Verdict},
};

/// The archive and the counts could not be compared.
#[derive(Debug, Error)]
pub(crate) enum VerifyError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Counts(#[from] CountsError),
    #[error("the verdict cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Compares, prints the verdict and says whether all counts are right.
pub(crate) async fn run(outputs: &Outputs, args: &Verify, json: bool) -> Result<bool, VerifyError> {
    let config = outputs.sdk_config().await;
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let margin = SignedDuration::try_from(args.margin).unwrap_or(SignedDuration::MAX);
    let settled = Timestamp::now().saturating_sub(margin).unwrap_or(Timestamp::MIN);

    let tally = read(&archive, usize::from(args.parallel), settled).await?;
    // Read last, so that what was archived meanwhile is counted.
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let counts = counts::read(&dynamodb, &outputs.counts_table).await?;
    let verdict = tally.compare(&counts, settled);
    if json {
        println!("{}", serde_json::to_string(&verdict)?);
    } else {
        print(&verdict);
    }
    Ok(verdict.differences.is_empty())
}

/// Counts the likes of the whole archive.
async fn read(archive: &Archive, parallel: usize, settled: Timestamp) -> Result<Tally, ArchiveError> {
    let objects = archive.objects().await?;
    let bytes = objects.iter().map(|object| object.bytes).sum();
    let progress = progress::bar(bytes, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let tally = stream::iter(objects)
        .map(async |object| {
            let mut tally = Tally::default();
            // An object that was just written holds likes that were just accepted, whenever they were clicked.
            let just_written = object.written > settled.as_second();
            archive
                .read(&object, |like| tally.add(like, |like| just_written || like.liked_at > settled))
                .await?;
            progress.inc(object.bytes);
            Ok::<_, ArchiveError>(tally)
        })
        .buffer_unordered(parallel)
        .try_fold(Tally::default(), async |mut all, tally| {
            all.merge(tally);
            Ok(all)
        })
        .await?;
    progress.finish_and_clear();
    Ok(tally)
}

fn print(verdict: &Verdict) {
    let Verdict { movies, lines, unreadable, archived, young, counted, differences } = verdict;
    println!("{lines} lines in the archive, {unreadable} of them without a like");
    println!(
        "{archived} likes archived, {young} more too young to judge, {counted} counted, of {movies} movies"
    );
    if differences.is_empty() {
        println!("Every count is right.");
        return;
    }
    println!("{} counts are wrong:", differences.len());
    println!("{:<64} {:>12} {:>8} {:>12}", "movie", "archived", "young", "counted");
    for difference in differences {
        let crate::tally::Difference { movie_id, archived, young, counted } = difference;
        println!("{movie_id:<64} {archived:>12} {young:>8} {counted:>12}");
    }
}
