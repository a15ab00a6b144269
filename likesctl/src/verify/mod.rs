//! `likesctl verify`: do the counts agree with the archive?

mod verdict;

use std::path::PathBuf;

use archive::{Archive, ArchiveError};
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use verdict::Verdict;

use crate::{
    counts::{self, CountsError},
    duration::duration,
    retention::{Retention, RetentionError},
    survey::{self, ExpiryError, Survey, SurveyError, Tally, TooShort},
    target::Target,
};

/// What a like may take beside Firehose's gathering: to be counted, and for Firehose to write the object.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// Compare the counts with the archive
///
/// Reads every like in the archive, counts the distinct ones of each movie and compares them with the table of counts.
/// Exits with 1 if a count is wrong, and with 3 if there was nothing to judge.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Do not judge likes younger than this, which may still be on their way; at least as long as Firehose gathers likes
    /// [default: archiveBufferSeconds and a minute; 10s on the local stack]
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    margin: Option<SignedDuration>,
    /// Read the results of queries/verify.sql, as CSV, instead of the archive: for one that outgrows this machine
    #[arg(long, value_name = "FILE", conflicts_with_all = ["margin", "parallel"])]
    survey: Option<PathBuf>,
    /// How many objects of the archive to read at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    parallel: u16,
}

/// The archive and the counts could not be compared.
#[derive(Debug, Error)]
pub(crate) enum VerifyError {
    #[error(transparent)]
    Margin(#[from] TooShort),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Survey(#[from] SurveyError),
    #[error(transparent)]
    Counts(#[from] CountsError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
}

/// Compares the counts with the archive.
pub(crate) async fn run(target: &Target, args: &Verify) -> Result<Verdict, VerifyError> {
    let outputs = &target.outputs;
    let config = outputs.sdk_config().await;
    let (survey, settled) = if let Some(file) = &args.survey {
        survey::read_query_results(file)?
    } else {
        let settled = survey::settled(survey::margin(outputs, args.margin, SLACK)?);
        let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
        (read_archive(&archive, usize::from(args.parallel), settled).await?, settled)
    };
    // Read last, so that what was archived in the meantime is counted.
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let counts = counts::read(&dynamodb, &outputs.counts_table).await?;
    let retention = Retention::of(&aws_sdk_kinesis::Client::new(&config), &outputs.stream_name).await?;
    let expires = survey::may_have_expired(outputs, &dynamodb, retention).await?;
    Ok(Verdict::new(&survey, &counts, settled, expires))
}

async fn read_archive(
    archive: &Archive,
    parallel: usize,
    settled: Timestamp,
) -> Result<Survey, ArchiveError> {
    let lines = survey::lines(archive, archive.objects().await?, parallel);
    // Nothing is written, so it does not matter what may still be on the stream.
    Ok(survey::tally(lines, Tally::new(settled, Timestamp::MAX)).await?.survey())
}
