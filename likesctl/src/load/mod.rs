//! `likesctl load`: likes at a steady rate, and what became of them.

mod report;
mod schedule;

use std::{collections::BTreeMap, time::Duration};

use clap::Args;
use client::{ANSWER_TIMEOUT, Answer, Api, ApiError};
use futures::{StreamExt, TryStreamExt, stream};
use hdrhistogram::{CreationError, Histogram};
use jiff::SignedDuration;
use report::{Latency, LoadReport};
use schedule::{Post, schedule};
use serde_json::json;
use thiserror::Error;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use crate::{
    duration::duration,
    progress,
    target::{ConfirmError, Target},
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

/// Post likes at a steady rate and report what becomes of them
///
/// The load is open: a post is sent when it is due, whether or not earlier ones were answered. Likes that are not
/// accepted at once are retried afterwards, with the same key. Exits with 1 if the counts are not exact in the end.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Posts a second; the local stack takes about 200
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000), value_name = "NUMBER")]
    rate: u32,
    /// How long to post
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "DURATION")]
    duration: SignedDuration,
    /// How many movies to like
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000), value_name = "NUMBER")]
    movies: u32,
    /// How uneven: the exponent of a Zipf distribution; 0 likes all movies alike
    #[arg(long, default_value_t = 1.0, value_parser = skew, value_name = "EXPONENT")]
    skew: f64,
    /// The share of posts that are copies of earlier ones, with the same key
    #[arg(long, default_value_t = 0.1, value_parser = share, value_name = "SHARE")]
    duplicates: f64,
    /// The seed of the random choices; the same seed makes the same choices
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    seed: u64,
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

/// The load could not be posted, or not followed to its end.
#[derive(Debug, Error)]
pub(crate) enum LoadError {
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("latencies cannot be recorded")]
    Latency(#[from] CreationError),
}

/// Posts the load and waits until it is counted.
pub(crate) async fn run(target: &Target, args: &Load, yes: bool) -> Result<LoadReport, LoadError> {
    let outputs = &target.outputs;
    if target.is_local() && args.rate > LOCAL_RATE {
        eprintln!(
            "warning: the local stack takes about {LOCAL_RATE} posts a second; it answers the others with 429, and they \
             are posted again afterwards"
        );
    }
    target.confirm(&format!("post {} likes a second for {:#}", args.rate, args.duration), yes).await?;
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
        .map(async |(post, _)| api.like(&json!({"movieId": post.movie}), post.key).await.map(drop))
        .buffer_unordered(RETRIES_AT_ONCE)
        .try_collect::<()>()
        .await?;
    let (counted, lag) = until_counted(&api, &movies, expected.values().sum()).await?;

    Ok(report(&posts, &answers, &latencies, &expected, &counted, lag))
}

/// Sends each post when it is due, whether or not those before it are answered.
async fn post_all(api: &Api, posts: &[Post]) -> Result<(Vec<Answer>, Histogram<u64>), LoadError> {
    let mut latencies = Histogram::new_with_max(milliseconds(2 * ANSWER_TIMEOUT), 3)?;
    let mut answers = vec![Answer::None; posts.len()];
    let progress = progress::bar(posts.len() as u64, "{bar:40} {pos}/{len} posts {elapsed}");
    let start = Instant::now();
    let mut sent = JoinSet::new();
    for (number, post) in posts.iter().cloned().enumerate() {
        let due = start + post.due;
        sleep_until(due).await;
        let (api, progress) = (api.clone(), progress.clone());
        sent.spawn(async move {
            let answer = api.post(&json!({"movieId": post.movie}), post.key).await;
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
async fn until_counted(api: &Api, movies: &[&str], total: u64) -> Result<(Vec<u64>, Duration), LoadError> {
    let start = Instant::now();
    let progress = progress::bar(total, "{bar:40} {pos}/{len} counted {elapsed}");
    let lag = loop {
        let sum = api.counts(movies).await?.into_iter().sum();
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
    counted: &[u64],
    lag: Duration,
) -> LoadReport {
    let mut by_status = BTreeMap::new();
    for answer in answers {
        *by_status.entry(answer.to_string()).or_default() += 1;
    }
    LoadReport {
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
        counted: counted.iter().sum(),
        exact: expected.values().eq(counted),
        lag_milliseconds: milliseconds(lag),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
