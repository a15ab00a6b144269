//! `likesctl load`: likes at a steady rate, and what became of them.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
use hdrhistogram::{CreationError, Histogram};
use serde::Serialize;
use stack::Outputs;
use thiserror::Error;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    api::{ANSWER_TIMEOUT, Answer, Api, ApiError},
    cli::Load,
    progress,
    schedule::{Post, schedule},
    tally::length,
};

/// How many posts a second the local stack takes at least, by `docs/local-stack.md`.
const LOCAL_RATE: u32 = 200;
/// How many likes that were not accepted at once are sent again at once, after the load.
const RETRIES_AT_ONCE: usize = 16;
/// How long the counts may take to be complete.
const COUNTING_TIMEOUT: Duration = Duration::from_mins(5);
/// How long a complete count is watched for one like too many.
const WATCH: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(100);

/// The load could not be put on the API, or not followed to its end.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("latencies cannot be noted")]
    Latency(#[from] CreationError),
    #[error("the report cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What comes of a load.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// Posts, the duplicates among them included.
    posts: usize,
    duplicates: usize,
    /// First answers by their status, or `no answer`.
    answers: BTreeMap<String, u64>,
    /// From the moment that a post was due to its answer.
    latency_milliseconds: Latency,
    /// Distinct likes, all of which were accepted in the end.
    likes: u64,
    counted: u64,
    exact: bool,
    /// From the last acceptance to the moment that every like was counted.
    lag_milliseconds: u64,
}

#[derive(Debug, Serialize)]
struct Latency {
    p50: u64,
    p90: u64,
    p99: u64,
    max: u64,
}

/// Puts the load on the API, waits until it is counted, prints a report and says whether the counts are exact.
pub(crate) async fn run(outputs: &Outputs, args: &Load, json: bool) -> Result<bool, LoadError> {
    if outputs.endpoint_url.is_some() && args.rate > LOCAL_RATE {
        eprintln!(
            "warning: the local stack takes about {LOCAL_RATE} posts a second; it answers the others with 429, and they \
             are posted again afterwards"
        );
    }
    let api = Api::new(outputs.likes_url.clone());
    let posts = schedule(args);
    let mut expected = BTreeMap::new();
    for post in posts.iter().filter(|post| !post.duplicate) {
        *expected.entry(post.movie.clone()).or_default() += 1;
    }
    let movies: Vec<_> = expected.keys().map(String::as_str).collect();
    // So that an API that is not there is said to be so at once.
    api.counts(&movies).await?;

    let (answers, latencies) = post_all(&api, &posts).await?;
    stream::iter(posts.iter().zip(&answers).filter(|(_, answer)| !answer.is_accepted()))
        .map(|(post, _)| api.insist(post))
        .buffer_unordered(RETRIES_AT_ONCE)
        .try_collect::<()>()
        .await?;
    let (counted, lag) = until_counted(&api, &movies, expected.values().sum()).await?;

    let report = report(&posts, &answers, &latencies, &expected, &counted, lag);
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print(&report);
    }
    Ok(report.exact)
}

/// Sends each post when it is due, whether or not those before it are answered.
async fn post_all(api: &Api, posts: &[Post]) -> Result<(Vec<Answer>, Histogram<u64>), LoadError> {
    let mut latencies = Histogram::new_with_max(milliseconds(2 * ANSWER_TIMEOUT), 3)?;
    let mut answers = vec![Answer::None; posts.len()];
    let progress = progress::bar(length(posts.len()), "{bar:40} {pos}/{len} posts {elapsed}");
    let start = Instant::now();
    let mut sent = JoinSet::new();
    for (number, post) in posts.iter().cloned().enumerate() {
        let due = start + post.due;
        sleep_until(due).await;
        let (api, progress) = (api.clone(), progress.clone());
        sent.spawn(async move {
            let answer = api.post(&post).await;
            progress.inc(1);
            (number, answer, due.elapsed())
        });
    }
    while let Some(Ok((number, answer, latency))) = sent.join_next().await {
        if let Some(place) = answers.get_mut(number) {
            *place = answer;
        }
        latencies.saturating_record(milliseconds(latency));
    }
    Ok((answers, latencies))
}

/// Waits until the counts add up to `total`, or for as long as that may take, and says how long it took.
async fn until_counted(
    api: &Api,
    movies: &[&str],
    total: u64,
) -> Result<(HashMap<String, u64>, Duration), LoadError> {
    let start = Instant::now();
    let progress = progress::bar(total, "{bar:40} {pos}/{len} counted {elapsed}");
    let lag = loop {
        let sum = api.counts(movies).await?.values().sum();
        progress.set_position(sum);
        if sum >= total || start.elapsed() > COUNTING_TIMEOUT {
            break start.elapsed();
        }
        sleep(POLL).await;
    };
    drop(progress);
    sleep(WATCH).await;
    Ok((api.counts(movies).await?, lag))
}

fn report(
    posts: &[Post],
    answers: &[Answer],
    latencies: &Histogram<u64>,
    expected: &BTreeMap<String, u64>,
    counted: &HashMap<String, u64>,
    lag: Duration,
) -> Report {
    let mut by_status = BTreeMap::new();
    for answer in answers {
        *by_status.entry(answer.to_string()).or_default() += 1;
    }
    Report {
        posts: posts.len(),
        duplicates: posts.iter().filter(|post| post.duplicate).count(),
        answers: by_status,
        latency_milliseconds: Latency {
            p50: latencies.value_at_quantile(0.5),
            p90: latencies.value_at_quantile(0.9),
            p99: latencies.value_at_quantile(0.99),
            max: latencies.max(),
        },
        likes: expected.values().sum(),
        counted: counted.values().sum(),
        exact: expected.iter().all(|(movie, likes)| counted.get(movie) == Some(likes)),
        lag_milliseconds: milliseconds(lag),
    }
}

fn print(report: &Report) {
    let Report { posts, duplicates, answers, latency_milliseconds, likes, counted, exact, lag_milliseconds } =
        report;
    println!("{posts} posts, {duplicates} of them duplicates");
    for (answer, number) in answers {
        println!("    {answer}: {number}");
    }
    let Latency { p50, p90, p99, max } = latency_milliseconds;
    println!("latency: p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {max} ms");
    println!("{likes} likes, {counted} counted, {lag_milliseconds} ms after the last was accepted");
    println!("{}", if *exact { "Every count is exact." } else { "The counts are NOT exact." });
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
