//! Events as AWS sends them: requests of API Gateway, and batches of Kinesis.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use clap::ValueEnum;
use jiff::Timestamp;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use rand_distr::{Distribution as _, Zipf};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The number of movies that likes are spread over.
pub const MOVIES: u32 = 200;

/// How many of the likes each movie gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Popularity {
    /// All movies get as many.
    Uniform,
    /// The n-th movie gets a share proportional to 1/n^1.1, as films on a page do.
    Zipf,
    /// One movie gets all.
    One,
}

/// Makes events. Those of two sources with the same seed like the same movies.
#[derive(Debug)]
pub struct Events {
    random: StdRng,
    popularity: Popularity,
    zipf: Option<Zipf<f64>>,
    post: Value,
    get: Value,
}

/// A movie's id, by its rank from 1.
#[must_use]
pub fn movie(rank: u32) -> String {
    format!("tt{rank:07}")
}

impl Events {
    /// A source of events.
    #[must_use]
    pub fn new(popularity: Popularity, seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            popularity,
            zipf: Zipf::new(f64::from(MOVIES), 1.1).ok(),
            post: fixture(include_str!("../../handlers/ingest-like/tests/fixtures/post-like.json")),
            get: fixture(include_str!("../../handlers/get-likes/tests/fixtures/get-likes.json")),
        }
    }

    /// A request to like a movie, by a user who never liked one before.
    pub fn post(&mut self) -> Bytes {
        let body = json!({ "movieId": self.movie(), "userId": user() });
        let mut event = self.post.clone();
        set(&mut event, "body", body.to_string().into());
        event.to_string().into()
    }

    /// A request for the counts of so many movies, all of them different.
    pub fn get(&mut self, movies: u32) -> Bytes {
        let first = self.random.random_range(0..MOVIES);
        let ids: Vec<_> = (0..movies).map(|number| movie((first + number) % MOVIES + 1)).collect();
        let mut event = self.get.clone();
        set(&mut event, "queryStringParameters", json!({ "movieId": ids.last() }));
        set(&mut event, "multiValueQueryStringParameters", json!({ "movieId": ids }));
        event.to_string().into()
    }

    /// A random number from 0 to 1.
    pub fn fraction(&mut self) -> f64 {
        self.random.random()
    }

    /// A batch of so many likes from a shard, each by a user who never liked a movie before.
    pub fn batch(&mut self, likes: usize, shard: u32) -> Bytes {
        let ranks: Vec<_> = (0..likes).map(|_| self.rank()).collect();
        batch_of(&ranks, shard)
    }

    fn movie(&mut self) -> String {
        movie(self.rank())
    }

    /// The rank of the next movie that is liked.
    pub(crate) fn rank(&mut self) -> u32 {
        match (self.popularity, &self.zipf) {
            (Popularity::One, _) => 1,
            // It returns whole numbers from 1 to the number of movies.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 200")]
            (Popularity::Zipf, Some(zipf)) => zipf.sample(&mut self.random) as u32,
            _ => self.random.random_range(1..=MOVIES),
        }
    }
}

/// A batch of likes of these movies from a shard, each by a user who never liked a movie before.
#[must_use]
pub fn batch_of(ranks: &[u32], shard: u32) -> Bytes {
    let mut batch = String::with_capacity(ranks.len() * 1024);
    batch.push_str(r#"{"Records":["#);
    for (index, &rank) in ranks.iter().enumerate() {
        batch.push_str(if index > 0 { "," } else { "" });
        batch.push_str(&record(rank, shard));
    }
    batch.push_str("]}");
    batch.into()
}

/// A record. It is written as text, since it shares the CPUs with the functions that get it.
fn record(rank: u32, shard: u32) -> String {
    let (id, movie, user, now) = (Uuid::now_v7(), movie(rank), user(), Timestamp::now());
    let like = BASE64_STANDARD.encode(format!(
        r#"{{"version":1,"likeId":"{id}","movieId":"{movie}","userId":"{user}","likedAt":"{now:.3}"}}{}"#,
        '\n'
    ));
    let sequence_number = format!("4959{:052}", id.as_u128() >> 16);
    let (seconds, milliseconds) = (now.as_second(), now.subsec_millisecond());
    format!(
        r#"{{"kinesis":{{"kinesisSchemaVersion":"1.0","partitionKey":"{movie}","sequenceNumber":"{sequence_number}","data":"{like}","approximateArrivalTimestamp":{seconds}.{milliseconds:03}}},"eventSource":"aws:kinesis","eventVersion":"1.0","eventID":"shardId-{shard:012}:{sequence_number}","eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::123456789012:role/update-count","awsRegion":"eu-west-1","eventSourceARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/likes"}}"#
    )
}

fn user() -> String {
    format!("u-{}", Uuid::now_v7().simple())
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

fn set(event: &mut Value, member: &str, value: Value) {
    if let Some(members) = event.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// Whether API Gateway would answer with a status of 200 to 299.
#[must_use]
pub fn is_accepted(answer: &[u8]) -> bool {
    let status =
        serde_json::from_slice::<Value>(answer).ok().and_then(|answer| answer.get("statusCode")?.as_u64());
    status.is_some_and(|status| (200..300).contains(&status))
}

/// Whether no record of the batch must be delivered again.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
#[must_use]
pub fn is_complete(answer: &[u8]) -> bool {
    match serde_json::from_slice::<Value>(answer) {
        Ok(Value::Null) => true,
        Ok(answer) => answer.get("batchItemFailures").and_then(Value::as_array).is_none_or(Vec::is_empty),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    fn likes(events: &mut Events, number: usize) -> Vec<Value> {
        let batch: Value = serde_json::from_slice(&events.batch(number, 3)).unwrap();
        let records = batch["Records"].as_array().unwrap();
        let data = records.iter().map(|record| record["kinesis"]["data"].as_str().unwrap());
        data.map(|data| serde_json::from_slice(&BASE64_STANDARD.decode(data).unwrap()).unwrap()).collect()
    }

    fn by_movie(popularity: Popularity) -> BTreeMap<String, u32> {
        let mut events = Events::new(popularity, 1);
        let mut movies = BTreeMap::new();
        for _ in 0..20_000 {
            *movies.entry(events.movie()).or_default() += 1;
        }
        movies
    }

    #[test]
    fn with_zipfs_law_the_first_movie_gets_its_share_and_the_last_few() {
        let movies = by_movie(Popularity::Zipf);
        // The sum of 1/n^1.1 for n from 1 to 200 is 4.696.
        let first = f64::from(movies[&movie(1)]) / 20_000.0;
        assert!((first - 1.0 / 4.696).abs() < 0.01, "{first}");
        let second = f64::from(movies[&movie(2)]) / 20_000.0;
        assert!((second / first - 2f64.powf(-1.1)).abs() < 0.04, "{second}");
        assert!(movies[&movie(200)] < 40 && movies.len() == 200, "{movies:?}");
    }

    #[test]
    fn uniform_likes_reach_all_movies_alike_and_one_is_one() {
        let movies = by_movie(Popularity::Uniform);
        assert_eq!(movies.len(), 200);
        assert!(movies.values().all(|likes| (50..150).contains(likes)), "{movies:?}");
        assert_eq!(by_movie(Popularity::One), BTreeMap::from([(movie(1), 20_000)]));
    }

    #[test]
    fn the_same_seed_likes_the_same_movies_and_every_like_is_another() {
        let all = [Events::new(Popularity::Zipf, 7), Events::new(Popularity::Zipf, 7)]
            .map(|mut events| likes(&mut events, 500));
        let movies =
            all.each_ref().map(|likes| likes.iter().map(|like| &like["movieId"]).collect::<Vec<_>>());
        assert_eq!(movies[0], movies[1]);
        let users: BTreeSet<_> = all.iter().flatten().map(|like| like["userId"].to_string()).collect();
        assert_eq!(users.len(), 1000);
    }

    #[test]
    fn a_batch_is_of_one_shard_with_rising_sequence_numbers() {
        let batch: Value = serde_json::from_slice(&Events::new(Popularity::One, 1).batch(100, 3)).unwrap();
        let records = batch["Records"].as_array().unwrap();
        let numbers: Vec<_> =
            records.iter().map(|record| record["kinesis"]["sequenceNumber"].as_str().unwrap()).collect();
        assert!(numbers.is_sorted() && numbers.iter().all(|number| number.len() == 56), "{numbers:?}");
        let id = records[0]["eventID"].as_str().unwrap();
        assert_eq!(id, format!("shardId-000000000003:{}", numbers[0]));
    }

    #[test]
    fn a_request_for_counts_names_different_movies() {
        let event: Value = serde_json::from_slice(&Events::new(Popularity::Zipf, 1).get(20)).unwrap();
        let ids = event["multiValueQueryStringParameters"]["movieId"].as_array().unwrap();
        let ids: BTreeSet<_> = ids.iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(ids.len(), 20);
    }

    #[test]
    fn a_post_keeps_the_fixtures_request_and_has_a_body_of_its_own() {
        let mut events = Events::new(Popularity::Zipf, 1);
        let [one, other] = [events.post(), events.post()].map(|event| {
            let event: Value = serde_json::from_slice(&event).unwrap();
            assert_eq!(event["requestContext"]["stage"], "dev");
            event["body"].as_str().unwrap().to_owned()
        });
        assert_ne!(one, other);
    }

    #[test]
    fn only_an_answer_of_success_is_one() {
        assert!(is_accepted(br#"{"statusCode":202}"#));
        assert!(!is_accepted(br#"{"statusCode":503}"#) && !is_accepted(b"null") && !is_accepted(b""));
        assert!(is_complete(br#"{"batchItemFailures":[]}"#) && is_complete(b"null") && is_complete(b"{}"));
        assert!(!is_complete(br#"{"batchItemFailures":[{"itemIdentifier":"1"}]}"#) && !is_complete(b""));
    }
}
