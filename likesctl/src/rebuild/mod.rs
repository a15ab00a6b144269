//! `likesctl rebuild`: makes the counts and the ledger agree with the archive, while the pipeline runs.

mod comparison;
mod error;
mod missing;
mod plan;
mod repair;
mod report;
mod source;
mod writer;

use archive::Archive;
use aws_sdk_dynamodb::Client;
use clap::Args;
use comparison::Comparison;
use counting::Tables;
use error::RebuildError;
use jiff::{SignedDuration, Timestamp};
use like::MovieId;
use report::{Done, RebuildReport};
use source::Source;
use writer::Writer;

use crate::{
    duration::duration,
    ledger::Ledger,
    plural::plural,
    retention::Retention,
    survey::{self, Tally},
    target::Target,
};

/// What a like may take beside Firehose's gathering. Longer than for `verify`, since something is written.
const SLACK: SignedDuration = SignedDuration::from_mins(4);

/// Make the counts and the ledger agree with the archive
///
/// Adds likes that neither the ledger nor the counts have, by the transaction that counts every like; enters likes into
/// the ledger that only it lacks and that are not on the stream any more; raises counts that lack likes of the ledger.
/// It never lowers a count. It is safe while likes come in: what cannot be decided then is left, and reported. It
/// changes nothing without --apply. Exits with 1 if something is wrong in the end.
#[derive(Debug, Args)]
pub(crate) struct Rebuild {
    /// Repair what is wrong, instead of only reporting it
    #[arg(long)]
    apply: bool,
    /// Only this movie; may be given more than once
    #[arg(long, value_name = "ID")]
    movie: Vec<MovieId>,
    /// Assume that UpdateCount has counted all likes older than --margin, as its iterator age shows: then likes that the
    /// count has and the ledger lacks can be entered while they are still on the stream
    #[arg(long)]
    caught_up: bool,
    /// Leave likes younger than this to the pipeline: they may still be on their way; at least as long as Firehose
    /// gathers likes [default: archiveBufferSeconds and 4 minutes; 10s on the local stack]
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    margin: Option<SignedDuration>,
    /// How many objects of the archive to read at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    parallel: u16,
}

/// Compares the tables with the archive, and repairs them with `--apply`.
pub(crate) async fn run(target: &Target, args: &Rebuild, yes: bool) -> Result<RebuildReport, RebuildError> {
    let outputs = &target.outputs;
    let settled = survey::settled(survey::margin(outputs, args.margin, SLACK)?);
    let config = outputs.sdk_config().await;
    let client = Client::new(&config);
    let ledger = Ledger::new(client.clone(), outputs.ledger_table.clone());
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let retention = Retention::of(&aws_sdk_kinesis::Client::new(&config), &outputs.stream_name).await?;
    let source = Source {
        objects: archive.objects().await?,
        archive,
        parallel: usize::from(args.parallel),
        movies: args.movie.clone(),
        caught_up: args.caught_up,
    };
    let on_stream_since = Timestamp::now().saturating_sub(retention.period).unwrap_or(Timestamp::MIN);
    let tally = survey::tally(source.lines(), Tally::new(settled, on_stream_since)).await?;
    let comparison = Comparison {
        source: &source,
        tally,
        settled,
        ledger: ledger.clone(),
        client: client.clone(),
        counts_table: &outputs.counts_table,
        expires: survey::may_have_expired(outputs, &client, retention).await?,
    };

    let (mut movies, missing) = comparison.repairs().await?;
    if !args.apply || movies.is_empty() {
        let nothing = args.apply.then(|| (Done::default(), Vec::new()));
        let (done, open) = nothing.unzip();
        return Ok(RebuildReport { done, movies, open });
    }
    target.confirm(&format!("repair {}", plural(movies.len() as u64, "movie")), yes).await?;
    let tables = Tables::new(client.clone(), outputs.ledger_table.clone(), outputs.counts_table.clone());
    let plans = movies.iter_mut().map(|movie| (movie.movie_id.as_str(), &mut movie.plan)).collect();
    let written = Writer { tables, ledger }.write(&source, missing, plans).await?;
    let raised = repair::raise(&client, &outputs.counts_table, &mut movies, &written).await?;
    let done = Done {
        added: written.values().map(|written| written.added).sum(),
        entered: written.values().map(|written| written.entered).sum(),
        raised,
    };
    let (open, _) = comparison.repairs().await?;
    Ok(RebuildReport { done: Some(done), movies, open: Some(open) })
}
