//! Likes that are not accepted at once.

use super::*;

#[tokio::test(start_paused = true)]
async fn likes_that_are_not_accepted_are_retried_with_the_same_key_while_posts_go_on() {
    // One answer in five is an error.
    let ended = run(
        &load(),
        Fake::new(|number, _| match number % 10 {
            0 => status(429),
            5 => status(503),
            _ => status(202),
        }),
    )
    .await;
    assert!(ended.report.retries > 100, "{}", ended.report.retries);
    assert_eq!(ended.report.posts, 1000);
    assert_eq!(ended.report.answers.values().sum::<u64>(), 1000);
    assert!(ended.report.answers["503 Service Unavailable"] > 50);
    assert_eq!(ended.report.accepted, ended.report.likes);
    assert_eq!(ended.report.exact, Some(true));
    let likes: HashSet<_> = ended.received.iter().map(|post| (&post.movie, post.key)).collect();
    assert_eq!(likes.len() as u64, ended.report.likes);
    let accepted: HashSet<_> =
        ended.received.iter().filter(|post| post.is_accepted).map(|post| post.key).collect();
    assert_eq!(accepted.len() as u64, ended.report.likes);
    let first = ended.received.iter().find(|post| !post.is_accepted).unwrap();
    let second = ended.received.iter().filter(|post| post.key == first.key).nth(1).unwrap();
    assert!(second.at < Duration::from_secs(1), "{second:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_as_long_as_retry_after_asks() {
    let load = Load { duplicates: 0.0, ..load() };
    let busy = Fake::new(|number, _| {
        if number > 0 {
            return status(202);
        }
        let mut busy = status(503);
        busy.reply.retry_after = Some(Duration::from_secs(4));
        busy
    });
    let ended = run(&load, busy).await;
    let key = ended.received[0].key;
    let posts: Vec<_> = ended.received.iter().filter(|post| post.key == key).map(|post| post.at).collect();
    assert_eq!(posts.len(), 2);
    let waited = posts[1].saturating_sub(posts[0]);
    assert!(waited >= Duration::from_secs(4), "{waited:?}");
    assert!(waited < Duration::from_secs(5), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_not_accepted_is_not_retried() {
    // All posts are copies of the first.
    let load = Load { duplicates: 1.0, ..load() };
    let failing = Fake::new(|_, at| status(if at < Duration::from_secs(3) { 503 } else { 202 }));
    let ended = run(&load, failing).await;
    assert_eq!((ended.report.likes, ended.report.duplicates), (1, 999));
    // The backoff allows one like so many within 3 s.
    assert!((1..=5).contains(&ended.report.retries), "{}", ended.report.retries);
    assert_eq!(ended.report.exact, Some(true));
}

#[tokio::test(start_paused = true)]
async fn a_like_is_not_retried_once_a_copy_is_accepted() {
    let load = Load { duplicates: 1.0, ..load() };
    let ended = run(&load, Fake::new(|number, _| status(if number == 0 { 503 } else { 202 }))).await;
    assert_eq!((ended.report.likes, ended.report.duplicates), (1, 999));
    assert_eq!((ended.report.retries, ended.report.exact), (0, Some(true)));
}

#[tokio::test(start_paused = true)]
async fn likes_beyond_those_that_may_wait_stay_unaccepted_and_are_reported() {
    let load = Load {
        rate: 100_000,
        duration: SignedDuration::from_millis(1500),
        duplicates: 0.0,
        max_in_flight: 100_000,
        ..load()
    };
    let overloaded = Fake::new(|_, at| status(if at < Duration::from_secs(2) { 429 } else { 202 }));
    let ended = run(&load, overloaded).await;
    assert_eq!(ended.report.likes, 150_000);
    let accepted = ended.report.accepted;
    assert!((100_000..100_100).contains(&accepted), "{accepted}");
    assert_eq!((ended.report.counted, ended.report.exact), (Some(accepted), None));
    assert_eq!(ended.report.exit(), Exit::Wrong);
    let text = ended.report.to_string();
    let remaining = 150_000 - accepted;
    let last = format!(
        "No count is wrong, but {remaining} likes were not accepted and may or may not be counted.\n"
    );
    assert!(text.ends_with(&last), "{text}");
}

#[tokio::test(start_paused = true)]
async fn retrying_ends_a_minute_after_the_last_like_was_accepted() {
    let failing = Fake::new(|_, at| status(if at < Duration::from_secs(5) { 202 } else { 503 }));
    let ended = run(&load(), failing).await;
    // A minute after the load, and the watch on the counts.
    assert!((70..80).contains(&ended.after.as_secs()), "{:?}", ended.after);
    assert!(ended.report.accepted < ended.report.likes);
    assert_eq!((ended.reason(), ended.report.exact, ended.report.exit()), (None, None, Exit::Wrong));
}
