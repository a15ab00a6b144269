//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use like::MovieId;

/// Looks after a running Likestream.
///
/// Exits with 0 when all is well, with 1 when something is wrong with the stack, with 2 when the work could not be
/// done.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// The stack: local, or a Pulumi stack by its name
    #[arg(long, global = true, default_value = "local")]
    pub stack: String,
    /// A file with the stack's outputs as JSON, instead of its name
    #[arg(long, global = true, env = "LIKES_OUTPUTS")]
    pub outputs: Option<PathBuf>,
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Compare the counts with the archive
    ///
    /// Reads every like in the archive, counts the distinct ones of each movie and compares them with the table of
    /// counts. Exits with 1 if a count is wrong.
    Verify(Verify),
    /// Make the counts and the ledger agree with the archive
    ///
    /// Adds likes that are in the archive and neither in the ledger nor in the counts, by the transaction that
    /// counts every like; enters likes into the ledger that only it lacks and that are not on the stream any more; raises
    /// counts that lack likes of the ledger. No count is ever lowered. It is safe while likes come in: what cannot be
    /// told then is left, and said. It changes nothing without --apply. Exits with 1 if something is wrong in the end.
    Rebuild(Rebuild),
    /// Look at the records that could not be counted, put them back or discard them
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Post likes at a steady rate and see what becomes of them
    ///
    /// The load is open: a post is sent when it is due, whether or not those before it are answered. Likes that are
    /// not accepted at once are sent again afterwards, with the same key. Exits with 1 if the counts are not exact
    /// in the end.
    Load(Load),
}

#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Posts a second; the local stack takes about 200
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: u32,
    /// For how long
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    pub duration: Duration,
    /// Over how many movies
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub movies: u32,
    /// How uneven: the exponent of a Zipf distribution; 0 likes all movies alike
    #[arg(long, default_value_t = 1.0, value_parser = skew)]
    pub skew: f64,
    /// The share of posts that are copies of earlier ones, with the same key
    #[arg(long, default_value_t = 0.1, value_parser = share)]
    pub duplicates: f64,
    /// Makes the same choices again
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
}

fn skew(text: &str) -> Result<f64, String> {
    number_within(text, 0.0, 10.0)
}

fn share(text: &str) -> Result<f64, String> {
    number_within(text, 0.0, 1.0)
}

fn number_within(text: &str, least: f64, most: f64) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("must be a number from {least} to {most}"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// Show the records in quarantine and why they are there
    List,
    /// Put records back on the stream that have become likes: repaired ones, or of a version that was unknown
    ///
    /// What is put back is deleted from the quarantine; all else is left in it. Exits with 1 if something is left.
    Redrive(Redrive),
    /// Delete records from the quarantine; the archive keeps them
    Discard(Discard),
}

#[derive(Debug, Args)]
pub(crate) struct Redrive {
    /// A shell command that repairs a record: it is given the raw bytes and prints the new ones
    #[arg(long)]
    pub repair: Option<String>,
    /// Say what would be put back, and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Discard {
    /// The record with this sequence number
    #[arg(long)]
    pub sequence_number: Option<String>,
    /// Records whose reason contains this
    #[arg(long)]
    pub reason: Option<String>,
    /// All records
    #[arg(long)]
    pub all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Repair what is wrong, instead of only saying it
    #[arg(long)]
    pub apply: bool,
    /// Only this movie; may be given more than once
    #[arg(long)]
    pub movie: Vec<MovieId>,
    /// Take it as given that UpdateCount has counted all that is older than --margin, as its iterator age tells: then
    /// likes that the count has and the ledger lacks can be entered while they are still on the stream
    #[arg(long)]
    pub caught_up: bool,
    /// Likes younger than this may still be on their way and are left to the pipeline; must be longer than
    /// Firehose gathers likes
    #[arg(long, default_value = "5m", value_parser = humantime::parse_duration)]
    pub margin: Duration,
    /// How many objects of the archive are read at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// Likes younger than this may still be on their way and are not called wrong
    #[arg(long, default_value = "2m", value_parser = humantime::parse_duration)]
    pub margin: Duration,
    /// The results of queries/verify.sql as CSV, instead of reading the archive: for one that outgrows this machine
    #[arg(long, conflicts_with_all = ["margin", "parallel"])]
    pub survey: Option<PathBuf>,
    /// How many objects of the archive are read at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub parallel: u16,
}
