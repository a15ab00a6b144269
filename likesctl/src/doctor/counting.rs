//! Are the likes that were archived last counted?
//!
//! `verify` compares everything and reads the whole archive. This reads the newest objects only: each of their likes must
//! have an entry in the ledger, and a movie's count must be at least the number of its likes that have one.

use std::{
    collections::{BTreeMap, HashMap},
    pin::pin,
    time::Duration,
};

use archive::Object;
use futures::TryStreamExt;
use jiff::Timestamp;
use like::LikeEvent;
use tables::{Count, MAX_KEYS, ReadCounts};

use super::{finding::Finding, services::Services};
use crate::{ledger::Ledger, newest, plural::plural, unread::Unread};

/// How many likes are looked up at most, and in how many objects.
const MAX_LIKES: usize = 1000;
const MAX_OBJECTS: usize = 100;
/// How many objects are read at once.
const PARALLEL: usize = 8;
/// The pauses before the reads of counts that were throttled.
const PAUSES: [Duration; 3] = [Duration::from_millis(500); 3];

/// Likes by their keys.
type Likes = BTreeMap<String, LikeEvent>;

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let settled = services.settled();
    let archive = services.archive();
    let mut newest = newest::objects(&archive, settled).await?;
    newest.retain(|object| object.written <= settled.as_second());
    newest.truncate(MAX_OBJECTS);
    let likes = read(&archive, newest, settled).await?;
    let missing = missing(services, &likes).await?;
    // Read last: a like is entered and counted at once.
    let counted = counts(services, &likes).await?;
    Ok(judge(&likes, &missing, &counted))
}

/// The settled likes in these objects, up to [`MAX_LIKES`].
async fn read(archive: &archive::Archive, objects: Vec<Object>, settled: Timestamp) -> Result<Likes, Unread> {
    let mut likes = Likes::new();
    let mut batches = pin!(archive.lines(objects, PARALLEL, |_| ()));
    while likes.len() < MAX_LIKES
        && let Some(lines) = batches.try_next().await?
    {
        let events = lines.into_iter().filter_map(|line| line.like);
        let events = events.filter(|like| like.liked_at() <= settled);
        likes.extend(events.take(MAX_LIKES - likes.len()).map(|like| (like.key().to_string(), like)));
    }
    Ok(likes)
}

/// The keys of those likes that the ledger lacks.
async fn missing(services: &Services, likes: &Likes) -> Result<Vec<String>, Unread> {
    let ledger = Ledger::new(services.dynamodb.clone(), services.outputs.ledger_table.clone());
    let likes: Vec<_> = likes.values().cloned().collect();
    let mut missing = Vec::new();
    for likes in likes.chunks(MAX_KEYS) {
        let found = ledger.missing(likes.to_vec()).await.map_err(|error| Unread::unknown(&error))?;
        missing.extend(found.iter().map(|like| like.key().to_string()));
    }
    missing.sort_unstable();
    Ok(missing)
}

/// The counts of these likes' movies. What is not a count, `verify` finds.
async fn counts(services: &Services, likes: &Likes) -> Result<HashMap<String, u64>, Unread> {
    let movies = likes.values().map(|like| like.movie_id.as_str());
    let table = &services.outputs.counts_table;
    let attributes = Count::LIKES_ONLY;
    let read = ReadCounts { client: &services.dynamodb, table, attributes, consistent: true };
    let counts = read.read(movies, || PAUSES).await.map_err(|error| Unread::unknown(&error))?;
    Ok(counts.into_iter().filter_map(|(movie, count)| Some((movie, count.ok()?.likes()))).collect())
}

/// `missing` are the keys that the ledger lacks.
fn judge(likes: &Likes, missing: &[String], counts: &HashMap<String, u64>) -> Vec<Finding> {
    let number = u64::try_from(likes.len()).unwrap_or_default();
    let mut wrong = Vec::new();
    if let Some(example) = missing.first() {
        wrong.push(Finding::problem(
            format!(
                "{} of {} archived last are not counted, such as {example}",
                missing.len(),
                plural(number, "like")
            ),
            "see the mapping and the log of UpdateCount; then count them: ./justw likesctl rebuild",
        ));
    }
    let mut entered: BTreeMap<&str, u64> = BTreeMap::new();
    for like in likes.iter().filter(|(key, _)| missing.binary_search(key).is_err()).map(|(_, like)| like) {
        *entered.entry(like.movie_id.as_str()).or_default() += 1;
    }
    let is_short = |(movie, likes): &(&str, u64)| counts.get(*movie).is_none_or(|count| count < likes);
    let short: Vec<_> = entered.into_iter().filter(is_short).collect();
    if let Some((movie, likes)) = short.first() {
        let movies = plural(u64::try_from(short.len()).unwrap_or_default(), "movie");
        let count = counts.get(*movie).copied().unwrap_or_default();
        wrong.push(Finding::problem(
            format!("the counts of {movies} are too low, such as {movie}: {count}, not at least {likes}"),
            "see all that are wrong, and how to repair them: ./justw likesctl rebuild",
        ));
    }
    match number {
        _ if !wrong.is_empty() => wrong,
        0 => {
            vec![Finding::not_checked(format!("the archive has no likes of the last {} days", newest::DAYS))]
        }
        1 => vec![Finding::ok("the like archived last is counted")],
        _ => vec![Finding::ok(format!("the {} archived last are counted", plural(number, "like")))],
    }
}

#[cfg(test)]
mod tests;
