//! Every accepted like is in the archive.

use std::collections::HashSet;

use e2e::{Stack, eventually, new_key, new_movie};
use jiff::Timestamp;
use like::LikeEvent;
use serde_json::json;

#[tokio::test]
async fn every_accepted_like_is_one_json_line() {
    let stack = Stack::find().await;
    // S3 reports the times of objects in whole seconds.
    let start = Timestamp::now().as_second() - 2;
    let movie = new_movie();
    let keys: HashSet<_> = (0..20).map(|_| new_key()).collect();
    for &key in &keys {
        stack.api.like(&json!({"movieId": movie, "userId": format!("u-{key}")}), key).await;
    }

    let lines = eventually(
        async || {
            let mut lines = stack.archived_since(start).await;
            lines.retain(|line| line.contains(&movie));
            lines
        },
        |lines| lines.len() >= keys.len(),
    )
    .await;

    let archived: HashSet<_> = lines
        .iter()
        .map(|line| {
            let event = LikeEvent::decode(line.as_bytes()).unwrap();
            assert!(line.contains(&format!(r#""likedAt":"{:.3}""#, event.like_id.time())), "{line}");
            assert_eq!(event.movie_id.as_str(), movie);
            assert_eq!(event.user_id.unwrap().as_str(), format!("u-{}", event.like_id));
            event.like_id
        })
        .collect();
    assert_eq!(archived, keys);
}
