//! `likesctl verify`: do the counts agree with the archive?

use std::time::Duration;

use futures::{Stream, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use stack::Outputs;
use thiserror::Error;

use crate::{
    archive::{Archive, ArchiveError, Line},
    cli::Verify,
    counts::{self, CountsError},
    expiry::{self, ExpiryError},
    stream,
    survey::{self, Survey, SurveyError},
    tally::Tally,
    verdict::{Difference, Malformed, Verdict},
};

/// The archive and the counts could not be compared.
#[derive(Debug, Error)]
pub(crate) enum VerifyError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Survey(#[from] SurveyError),
    #[error(transparent)]
    Counts(#[from] CountsError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
    #[error("the verdict cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Compares, prints the verdict and says whether all counts are right.
pub(crate) async fn run(outputs: &Outputs, args: &Verify, json: bool) -> Result<bool, VerifyError> {
    let config = outputs.sdk_config().await;
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let (survey, settled) = survey(&archive, args).await?;
    // Read last, so that what was archived meanwhile is counted.
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let counts = counts::read(&dynamodb, &outputs.counts_table).await?;
    let stream = stream::Stream::new(aws_sdk_kinesis::Client::new(&config), outputs.stream_name.clone());
    let forgets = expiry::forgets(outputs, &dynamodb, &stream).await?;
    let verdict = survey.compare(&counts, settled, forgets);
    if json {
        println!("{}", serde_json::to_string(&verdict)?);
    } else {
        print(&verdict);
    }
    Ok(verdict.is_right())
}

/// What the archive holds, and the time after which likes are young.
async fn survey(archive: &Archive, args: &Verify) -> Result<(Survey, Timestamp), VerifyError> {
    if let Some(file) = &args.survey {
        return Ok(survey::read(file)?);
    }
    let settled = settled(args.margin);
    let lines = archive.lines(archive.objects().await?, usize::from(args.parallel));
    // Nothing is written, so it does not matter what may still be on the stream.
    Ok((tally(lines, settled, Timestamp::MAX).await?.survey(), settled))
}

/// The time since when likes are too young to be judged.
pub(crate) fn settled(margin: Duration) -> Timestamp {
    let margin = SignedDuration::try_from(margin).unwrap_or(SignedDuration::MAX);
    Timestamp::now().saturating_sub(margin).unwrap_or(Timestamp::MIN)
}

/// Counts the likes in these lines.
pub(crate) async fn tally(
    lines: impl Stream<Item = Result<Line, ArchiveError>>,
    settled: Timestamp,
    on_stream_since: Timestamp,
) -> Result<Tally, ArchiveError> {
    lines
        .try_fold(Tally::new(settled, on_stream_since), async |mut tally, line| {
            tally.add(&line);
            Ok(tally)
        })
        .await
}

fn print(verdict: &Verdict) {
    let Verdict {
        movies,
        lines,
        unreadable,
        archived,
        young,
        counted,
        differences,
        malformed,
        beyond_archive,
    } = verdict;
    println!("{lines} lines in the archive, {unreadable} of them without a like");
    println!(
        "{archived} likes archived, {young} more too young to judge, {counted} counted, of {movies} movies"
    );
    if *beyond_archive > 0 {
        println!(
            "{beyond_archive} movies have more likes than the archive still holds, so only what they must at least have \
             can be judged"
        );
    }
    for Malformed { movie_id, why } in malformed {
        println!("The item of {movie_id} in the table is no count: {why}");
    }
    if verdict.is_right() {
        println!("Every count is right.");
    }
    if differences.is_empty() {
        return;
    }
    println!("{} counts are wrong:", differences.len());
    println!("{:<64} {:>12} {:>8} {:>12}", "movie", "archived", "young", "counted");
    for difference in differences {
        let Difference { movie_id, archived, young, counted } = difference;
        println!("{movie_id:<64} {archived:>12} {young:>8} {counted:>12}");
    }
}
