//! Which partition keys likes are published under, in which order and when.

#![cfg(test)]

mod kinesis;

use std::time::Duration;

use jiff::Timestamp;
use kinesis::{Answer, FAILED, Kinesis, THROTTLED};
use like::{LikeEvent, LikeId};
use stream::{PartitionKey, PublishError, Publisher, Stream};
use tokio::time::{Instant, advance};

const TIME: Duration = Duration::from_secs(6);

fn like(movie: &str) -> LikeEvent {
    LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.parse().unwrap(), None)
}

fn publisher(kinesis: &Kinesis) -> Publisher {
    Publisher::new(Stream::new(kinesis.client(), "likes".into()), TIME)
}

#[tokio::test(start_paused = true)]
async fn likes_are_published_under_their_movies() {
    let kinesis = Kinesis::new([]);
    let publisher = publisher(&kinesis);
    for movie in ["a", "b", "a"] {
        assert_eq!(publisher.publish(&like(movie)).await.unwrap(), PartitionKey::Movie);
    }
    assert_eq!(kinesis.keys(), ["a", "b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_like_is_published_under_its_id_without_a_pause() {
    let kinesis = Kinesis::new([THROTTLED]);
    let like = like("a");
    assert_eq!(publisher(&kinesis).publish(&like).await.unwrap(), PartitionKey::Like);
    let at_once = Duration::ZERO;
    assert_eq!(kinesis.requests(), [(at_once, "a".into()), (at_once, like.like_id.to_string())]);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_movie_spills_for_a_minute_and_no_other_does() {
    let kinesis = Kinesis::new([THROTTLED]);
    let publisher = publisher(&kinesis);
    publisher.publish(&like("a")).await.unwrap();
    kinesis.requests();

    advance(Duration::from_secs(59)).await;
    let (spilled, other) = (like("a"), like("b"));
    assert_eq!(publisher.publish(&spilled).await.unwrap(), PartitionKey::Like);
    assert_eq!(publisher.publish(&other).await.unwrap(), PartitionKey::Movie);
    assert_eq!(kinesis.keys(), [spilled.like_id.to_string(), "b".into()]);

    advance(Duration::from_secs(1)).await;
    assert_eq!(publisher.publish(&like("a")).await.unwrap(), PartitionKey::Movie);
    assert_eq!(kinesis.keys(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_spilled_like_that_is_throttled_again_is_retried_after_pauses() {
    let kinesis = Kinesis::new([THROTTLED; 3]);
    let like = like("a");
    let started = Instant::now();
    assert_eq!(publisher(&kinesis).publish(&like).await.unwrap(), PartitionKey::Like);
    let id = like.like_id.to_string();
    assert_eq!(kinesis.keys(), ["a", &id, &id, &id]);
    assert!(started.elapsed() > Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn other_errors_are_retried_under_the_movie() {
    for answers in [[FAILED, FAILED], [FAILED, Answer::Never], [Answer::Error(400, "ThrottlingException"); 2]]
    {
        let kinesis = Kinesis::new(answers);
        assert_eq!(publisher(&kinesis).publish(&like("a")).await.unwrap(), PartitionKey::Movie);
        assert_eq!(kinesis.keys(), ["a", "a", "a"], "{answers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_like_that_fails_for_another_reason_does_not_spill() {
    let kinesis = Kinesis::new([FAILED; 3]);
    let publisher = publisher(&kinesis);
    let error = publisher.publish(&like("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "Kinesis did not acknowledge the record");
    publisher.publish(&like("a")).await.unwrap();
    assert_eq!(kinesis.keys(), ["a", "a", "a", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_throttled_spills_as_well() {
    let kinesis = Kinesis::new([FAILED, THROTTLED]);
    let like = like("a");
    assert_eq!(publisher(&kinesis).publish(&like).await.unwrap(), PartitionKey::Like);
    assert_eq!(kinesis.keys(), ["a", "a", &like.like_id.to_string()]);
}

#[tokio::test(start_paused = true)]
async fn all_attempts_together_end_in_time() {
    let late = Answer::Late(1, "ProvisionedThroughputExceededException");
    let kinesis = Kinesis::new([Answer::Never, Answer::Never, late, Answer::Never, Answer::Never]);
    let like = like("a");
    let started = Instant::now();
    let error = publisher(&kinesis).publish(&like).await.unwrap_err();
    assert!(matches!(error, PublishError::OutOfTime(TIME)), "{error:?}");
    assert_eq!(error.to_string(), "Kinesis did not acknowledge the record within 6s");
    assert_eq!(started.elapsed(), TIME);
    assert_eq!(kinesis.keys(), ["a", "a", "a", &like.like_id.to_string()]);
}
