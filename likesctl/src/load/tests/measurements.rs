//! What a load measures.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_load_is_measured_and_its_counts_are_exact() {
    let ended = run(&load(), Fake::new(|_, _| status(202))).await;
    let json = ended.json();
    let likes = ended.received.iter().map(|post| post.key).collect::<HashSet<_>>().len();
    assert!((750..850).contains(&likes), "{likes}");
    assert_eq!(json["interrupted"], Value::Null);
    assert_eq!(json["posts"], 1000);
    assert_eq!(json["duplicates"], 1000 - likes);
    assert_eq!(json["answers"], serde_json::json!({"202 Accepted": 1000}));
    for counted in ["likes", "accepted", "counted"] {
        assert_eq!(json[counted], likes, "{counted}");
    }
    for zero in ["dropped", "unanswered", "retries"] {
        assert_eq!(json[zero], 0, "{zero}");
    }
    assert_eq!(json["targetRate"], 100);
    assert_eq!(json["achievedRate"], 100.0);
    assert_eq!(json["exact"], true);
    assert_eq!(ended.report.exit(), Exit::Fine);
    let p50 = json["latencyMilliseconds"]["p50"].as_u64().unwrap();
    assert!((50..=52).contains(&p50), "{p50}");
    let lag = json["lagMilliseconds"].as_u64().unwrap();
    assert!((50..=52).contains(&lag), "{lag}");
}

#[tokio::test(start_paused = true)]
async fn a_post_is_sent_when_it_is_due_though_earlier_ones_are_not_answered() {
    let slow = Fake::new(|_, _| Outcome { after: Duration::from_secs(20), ..status(202) });
    let ended = run(&load(), slow).await;
    assert_eq!(ended.received.len(), 1000);
    for (number, post) in (0..).zip(&ended.received) {
        let late = post.at.as_millis() - 10 * number;
        assert!(late <= 2, "{number}: {late} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn posts_beyond_the_maximum_in_flight_are_dropped_and_reported() {
    let load = Load { max_in_flight: 30, duplicates: 0.0, ..load() };
    let slow = Fake::new(|_, _| Outcome { after: Duration::from_secs(11), ..status(202) });
    let ended = run(&load, slow).await;
    assert_eq!((ended.report.posts, ended.report.dropped), (30, 970));
    assert_eq!(ended.report.likes, 30);
    assert_eq!(ended.report.exact, Some(true));
    assert!(ended.report.to_string().contains("970 posts not sent: too many in flight"));
}
