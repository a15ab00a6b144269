//! `likesctl rebuild`: makes the counts and the ledger agree with the archive, while the pipeline runs.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;
use serde::Serialize;
use stack::Outputs;
use thiserror::Error;
use update_count::Tables;

use crate::{
    archive::{Archive, ArchiveError},
    cli::Rebuild,
    counts::{self, Counts, CountsError},
    expiry::{self, ExpiryError},
    ledger::{Ledger, LedgerError},
    missing::{Lacking, Missing, Source},
    plan::{Left, Plan, Standing},
    repair::Writer,
    stream::{Stream, StreamError},
    survey::{Likes, Survey},
    tally::{LikeHash, Tally, length},
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
    #[error(transparent)]
    Stream(#[from] StreamError),
    #[error(transparent)]
    Expiry(#[from] ExpiryError),
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
    /// What is wrong after the repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<Vec<Repair>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Repair {
    movie_id: String,
    archived: u64,
    counted: u64,
    #[serde(flatten)]
    plan: Plan,
    /// The count as it was read; none when the movie has none.
    #[serde(skip)]
    read: Option<u64>,
}

/// What is compared with what.
struct Comparison<'a> {
    source: &'a Source,
    tally: Tally,
    settled: Timestamp,
    ledger: Ledger,
    client: Client,
    counts_table: &'a str,
    /// Whether the archive may have forgotten likes.
    forgets: bool,
}

/// Compares, repairs if it is told to, prints a report and says whether all is right then.
pub(crate) async fn run(outputs: &Outputs, args: &Rebuild, json: bool) -> Result<bool, RebuildError> {
    let config = outputs.sdk_config().await;
    let client = Client::new(&config);
    let ledger = Ledger::new(client.clone(), outputs.ledger_table.clone());
    let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
    let stream = Stream::new(aws_sdk_kinesis::Client::new(&config), outputs.stream_name.clone());
    let objects = archive.objects().await?;
    let source = Source {
        archive,
        objects,
        parallel: usize::from(args.parallel),
        movies: args.movie.clone(),
        caught_up: args.caught_up,
    };
    let settled = verify::settled(args.margin);
    let on_stream_since =
        Timestamp::now().saturating_sub(stream.retention().await?).unwrap_or(Timestamp::MIN);
    let tally = verify::tally(source.lines(), settled, on_stream_since).await?;
    let comparison = Comparison {
        source: &source,
        tally,
        settled,
        ledger: ledger.clone(),
        client: client.clone(),
        counts_table: &outputs.counts_table,
        forgets: expiry::forgets(outputs, &client, &stream).await?,
    };

    let (mut movies, missing) = comparison.plans().await?;
    let mut open = None;
    if args.apply {
        let tables = Tables::new(client.clone(), outputs.ledger_table.clone(), outputs.counts_table.clone());
        let plans = movies.iter_mut().map(|movie| (movie.movie_id.as_str(), &mut movie.plan)).collect();
        let added = Writer { tables, ledger }.repair(&source, missing, plans).await?;
        raise(&client, &outputs.counts_table, &mut movies, &added).await?;
        open = Some(if movies.is_empty() { Vec::new() } else { comparison.plans().await?.0 });
    }
    let report = Report { applied: args.apply, movies, open };
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(report.is_right())
}

/// Raises the counts for which that is planned; notes in the plan where somebody wrote one meanwhile.
async fn raise(
    client: &Client,
    table: &str,
    movies: &mut [Repair],
    added: &HashMap<String, u64>,
) -> Result<(), RebuildError> {
    for Repair { movie_id, plan, read, .. } in movies {
        let (Some(likes), None) = (plan.raise_to, plan.left) else { continue };
        let expected = match added.get(movie_id) {
            Some(added) => Some(read.unwrap_or(0) + added),
            None => *read,
        };
        if !counts::raise(client, table, movie_id, expected, likes).await? {
            plan.left = Some(Left::Moving);
        }
    }
    Ok(())
}

impl Comparison<'_> {
    /// The movies about which something has to be done, and the likes that the ledger lacks.
    async fn plans(&self) -> Result<(Vec<Repair>, Missing), RebuildError> {
        let missing = self.source.missing(&self.tally, &self.ledger).await?;
        // Read last: a like that was counted meanwhile makes the count look more complete, never less.
        let counts = counts::read(&self.client, self.counts_table).await?;
        let mut movies = plans(&self.tally.survey(), &missing, &counts, self.settled, self.forgets);
        movies.retain(|repair| self.source.is_meant(&repair.movie_id));
        Ok((movies, missing))
    }
}

/// The movies about which something has to be done.
fn plans(
    survey: &Survey,
    missing: &Missing,
    counts: &Counts,
    settled: Timestamp,
    forgets: bool,
) -> Vec<Repair> {
    let movies = survey.movies(counts).into_iter().map(|movie| {
        let Likes { archived, young } = survey.likes(movie);
        let count = counts.counts.get(movie);
        let read = count.map(|count| count.likes);
        let number = |likes: fn(&Lacking) -> &HashSet<LikeHash>| {
            missing.get(movie).map_or(0, |lacking| length(likes(lacking).len()))
        };
        let ending = number(|lacking| &lacking.ending);
        let plan = if counts.malformed.contains_key(movie) {
            Plan { left: Some(Left::Malformed), ..Plan::default() }
        } else {
            Plan::new(Standing {
                archived: archived - ending,
                young: young + ending,
                missing: number(|lacking| &lacking.likes),
                on_stream: number(|lacking| &lacking.on_stream),
                counted: read.unwrap_or(0),
                quiet: count.is_none_or(|count| count.updated <= settled),
                forgets,
            })
        };
        Repair { movie_id: movie.clone(), archived, counted: read.unwrap_or(0), plan, read }
    });
    movies.filter(|movie| !movie.plan.is_nothing()).collect()
}

impl Report {
    /// Whether nothing is wrong any more.
    fn is_right(&self) -> bool {
        match &self.open {
            None => self.movies.is_empty(),
            Some(open) => open.is_empty() && self.movies.iter().all(|movie| movie.plan.left.is_none()),
        }
    }
}

fn print(report: &Report) {
    let Report { movies, open, .. } = report;
    if movies.is_empty() {
        println!("The counts and the ledger agree with the archive.");
        return;
    }
    print_movies(movies);
    match open {
        None => println!("Nothing was changed; to repair, run it again with --apply."),
        Some(_) if report.is_right() => println!("All of this was done, and nothing is open."),
        Some(open) => {
            println!("What could be done was done. Still open:");
            print_movies(open);
            println!("Run it again later.");
        }
    }
}

fn print_movies(movies: &[Repair]) {
    println!("{:<64} {:>12} {:>12}  repair", "movie", "archived", "counted");
    for Repair { movie_id, archived, counted, plan, .. } in movies {
        println!("{movie_id:<64} {archived:>12} {counted:>12}  {}", describe(plan));
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
            Left::OnStream => {
                "left: likes that the ledger lacks may still be on the stream; run it again when the stream has dropped \
                 them, or with --caught-up"
            }
            Left::Forgotten => {
                "left: the archive has forgotten likes that the count has, so it cannot be told which it lacks"
            }
            Left::Malformed => "left: the item in the table is no count; delete it, and run it again",
        };
        why.to_owned()
    }));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::update_item::{UpdateItemError, UpdateItemOutput},
        types::{AttributeValue, error::ConditionalCheckFailedException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    /// A movie whose count was read to be this, and is to be raised to 10.
    fn too_low(read: Option<u64>) -> Repair {
        let plan = Plan { raise_to: Some(10), ..Plan::default() };
        Repair { movie_id: "m".into(), archived: 10, counted: read.unwrap_or(0), plan, read }
    }

    async fn raised(rule: &Rule, movie: Repair, added: &[(&str, u64)]) -> Report {
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule]);
        let mut movies = vec![movie];
        let added = added.iter().map(|&(movie, likes)| (movie.to_owned(), likes)).collect();
        raise(&client, "counts", &mut movies, &added).await.unwrap();
        Report { applied: true, movies, open: Some(Vec::new()) }
    }

    #[tokio::test]
    async fn a_count_is_raised_from_what_was_read_and_what_was_added_since() {
        for (read, added, expected) in [
            (Some(4), &[][..], Some("4")),
            (Some(4), &[("m", 3)], Some("7")),
            (None, &[("m", 3)], Some("3")),
            (None, &[], None),
        ] {
            let rule = mock!(Client::update_item)
                .match_requests(move |input| {
                    let read = input.expression_attribute_values().unwrap().get(":read");
                    read == expected.map(|likes| AttributeValue::N(likes.to_owned())).as_ref()
                })
                .then_output(|| UpdateItemOutput::builder().build());
            assert!(raised(&rule, too_low(read), added).await.is_right());
            assert_eq!(rule.num_calls(), 1, "{read:?} {added:?}");
        }
    }

    #[tokio::test]
    async fn it_does_not_end_well_when_likes_came_in_before_a_count_was_raised() {
        let rule = mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(
                ConditionalCheckFailedException::builder().build(),
            )
        });
        let report = raised(&rule, too_low(Some(0)), &[]).await;
        assert_eq!(report.movies[0].plan.left, Some(Left::Moving));
        assert!(!report.is_right());
    }

    #[test]
    fn it_does_not_end_well_while_anything_is_open() {
        let report = |open| Report { applied: true, movies: vec![], open };
        assert!(report(Some(vec![])).is_right());
        assert!(!report(Some(vec![too_low(None)])).is_right());
    }
}
