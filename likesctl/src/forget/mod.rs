//! `likesctl forget`: deletes a user's likes from the ledger and the archive, while the pipeline runs.
//!
//! The ledger comes first: an interrupted run leaves lines in the archive, which the next run finds by themselves. Each step
//! can be repeated, and neither depends on what the other has done.

mod entry;
mod error;
mod line;
mod plan;
mod report;
mod search;

use std::collections::{BTreeSet, HashSet};

use archive::{Archive, Version};
use aws_sdk_dynamodb::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use clap::{Args, ValueEnum};
use counting::CONCURRENCY;
use entry::{Entry, Outcome, Tables};
use error::ForgetError;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use like::UserId;
use line::Line;
use plan::Plan;
use report::{Done, ForgetReport, Left, Why};
use search::{Found, search};
use tokio::time::sleep;

use crate::{duration::duration, plural::plural, retention::Retention, scan, survey, target::Target};

/// How long a like may take besides Firehose's buffering, until the object is written.
const SLACK: SignedDuration = SignedDuration::from_mins(1);

/// What becomes of the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Counts {
    /// The user's likes are not counted any more
    Lower,
    /// The likes stay counted, without the user; those that may still be on the stream are left until they have left it
    Keep,
}

/// Delete a user's likes from the ledger and the archive
///
/// Reads the whole ledger and every version of every object in the archive, and reports what names the user. With --apply,
/// it deletes the ledger's entries, each in one transaction with the count, and replaces the objects by ones without the
/// user's lines. It is safe while likes come in and can be interrupted and repeated, but not at the same time as rebuild,
/// backfill or quarantine redrive. What is on the stream remains there for as long as its retention; the report says when
/// to run this again. Exits with 1 if something is left.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The user's id
    #[arg(long, value_name = "ID")]
    user: UserId,
    /// What becomes of the counts
    #[arg(long, value_enum, default_value = "lower")]
    counts: Counts,
    /// Forget the user, instead of only reporting what is found
    #[arg(long)]
    apply: bool,
    /// How long to wait for likes that may not be archived yet; at least archiveBufferSeconds [default: archiveBufferSeconds
    /// plus 1m, or plus 8s on the local stack]
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    margin: Option<SignedDuration>,
    /// How many objects of the archive, and segments of the ledger, to read at once; each object is held in memory
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    parallel: u16,
}

/// Finds what names the user, and forgets it with `--apply`.
pub(crate) async fn run(target: &Target, args: &Forget, yes: bool) -> Result<ForgetReport, ForgetError> {
    let outputs = &target.outputs;
    let margin = survey::margin(outputs, args.margin, SLACK)?;
    let config = outputs.sdk_config().await;
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let client = Client::new(&config);
    let retention = Retention::of(&aws_sdk_kinesis::Client::new(&config), &outputs.stream_name).await?;

    let suffix = entry::suffix(&args.user);
    let pages = scan::pages(&client, &outputs.ledger_table, args.parallel, Some(&suffix));
    let (entries, read_units) = entry::entries(pages, &suffix).await?;
    let versions = archive.versions().await?;
    let identity = |version: &Version| (version.key.clone(), version.id.clone());
    let read: HashSet<_> = versions.iter().map(identity).collect();
    let parallel = usize::from(args.parallel);
    let mut found = search(&archive, &args.user, versions, parallel).await?;
    let unarchived = unarchived(&entries, &found, margin);
    if args.apply && unarchived > 0 {
        let number = plural(unarchived, "like");
        eprintln!(
            "{number} may not be archived yet; waiting {margin:#} until what was counted has been archived…"
        );
        sleep(margin.unsigned_abs()).await;
        let mut versions = archive.versions().await?;
        versions.retain(|version| !read.contains(&identity(version)));
        found.extend(search(&archive, &args.user, versions, parallel).await?);
    }
    let now = Timestamp::now();
    let traces = entries.iter().map(Entry::trace).chain(found.iter().flat_map(Found::traces));
    let plan = Plan::new(traces, args.counts, retention.period, now);
    let (current, older): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.version.is_current);
    let mut report = ForgetReport {
        likes: entries.len() as u64,
        lines: current.iter().map(|found| found.lines.len() as u64).sum(),
        objects: current.len() as u64,
        versions: older.len() as u64,
        read_units,
        quarantined: quarantined(&aws_sdk_sqs::Client::new(&config), &outputs.quarantine_queue_url).await?,
        left: plan.later.keys().map(|movie| Left { movie_id: movie.clone(), why: Why::OnStream }).collect(),
        run_again_after: plan.run_again_after(now),
        done: None,
    };
    if args.apply && !report.is_empty() {
        let (likes, versions) = (plural(report.likes, "like"), plural(found.len() as u64, "object"));
        target.confirm(&format!("forget the user {}: {likes}, {versions}", args.user), yes).await?;
        let tables = Tables { client, ledger: &outputs.ledger_table, counts: &outputs.counts_table };
        let (mut done, uncounted) = forget(&tables, &entries, &plan, args.counts).await?;
        report.left.extend(uncounted.into_iter().map(|movie_id| Left { movie_id, why: Why::NoCount }));
        report.left.sort();
        let left: BTreeSet<&str> = report.left.iter().map(|left| left.movie_id.as_str()).collect();
        let goes = |line: &Line| line.like.as_ref().is_none_or(|like| !left.contains(like.movie_id.as_str()));
        for found in &found {
            done.add(found.erase(&archive, &args.user, goes).await?);
        }
        report.done = Some(done);
    }
    Ok(report)
}

/// How many likes were found in the ledger, are not in the archive, and may be on their way to it. If they were forgotten
/// before they arrive there, the archive would have likes that no count has.
fn unarchived(entries: &[Entry], found: &[Found], margin: SignedDuration) -> u64 {
    let now = Timestamp::now();
    let archived: HashSet<_> = found.iter().flat_map(Found::traces).map(|trace| trace.movie).collect();
    let entries = entries.iter().filter(|entry| !archived.contains(&entry.movie));
    entries.filter(|entry| entry.may_be_unarchived(margin, now)).count() as u64
}

/// Forgets the entries that are to be forgotten now. Returns how many, and the movies whose counts do not have the like.
async fn forget(
    tables: &Tables<'_>,
    entries: &[Entry],
    plan: &Plan,
    counts: Counts,
) -> Result<(Done, Vec<String>), ForgetError> {
    let (mut done, mut uncounted) = (Done::default(), Vec::new());
    let entries = entries.iter().filter(|entry| plan.now.contains_key(&entry.movie));
    let mut outcomes = stream::iter(entries)
        .map(async |entry| Ok::<_, ForgetError>((entry, tables.forget(entry, counts).await?)))
        .buffer_unordered(CONCURRENCY);
    while let Some((entry, outcome)) = outcomes.try_next().await? {
        match outcome {
            Outcome::Forgotten => done.likes += 1,
            Outcome::Gone => {}
            Outcome::NoCount => uncounted.push(entry.movie.clone()),
        }
    }
    Ok((done, uncounted))
}

/// How many messages are in quarantine, approximately.
async fn quarantined(client: &aws_sdk_sqs::Client, url: &str) -> Result<u64, ForgetError> {
    use QueueAttributeName::{ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible};
    let names = [ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible];
    let request = client.get_queue_attributes().queue_url(url);
    let answer = request.set_attribute_names(Some(names.into())).send().await.map_err(Box::new)?;
    let numbers = answer.attributes.unwrap_or_default();
    Ok(numbers.values().filter_map(|number| number.parse::<u64>().ok()).sum())
}
