//! `likesctl rebuild`: makes the counts and the ledger agree with the archive, while the pipeline runs.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use serde::Serialize;
use stack::Outputs;
use thiserror::Error;
use update_count::Tables;

use crate::{
    archive::{Archive, ArchiveError},
    cli::Rebuild,
    counts::{self, Count, CountsError},
    ledger::{Ledger, LedgerError},
    missing::{Missing, Source},
    plan::{Left, Plan, Standing},
    repair::Writer,
    survey::{Likes, Survey},
    tally::length,
    verify,
};

/// How many calls of DynamoDB are under way at once.
pub(crate) const CONCURRENCY: usize = 16;

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
        let plans = report.movies.iter_mut().map(|movie| (movie.movie_id.as_str(), &mut movie.plan));
        Writer { tables, ledger }.repair(&source, missing, plans.collect()).await?;
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
        let (lacking, ending) = missing
            .get(movie)
            .map_or((0, 0), |lacking| (length(lacking.likes.len()), length(lacking.ending.len())));
        let plan = Plan::new(Standing {
            archived: archived - ending,
            young: young + ending,
            missing: lacking,
            counted,
            quiet: count.is_none_or(|count| count.updated <= settled),
        });
        Repair { movie_id: movie.clone(), archived, counted, plan }
    });
    movies.filter(|movie| !movie.plan.is_nothing()).collect()
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
