//! Loads that Ctrl-C ends.

use super::*;

#[tokio::test(start_paused = true)]
async fn ctrl_c_ends_the_load_and_reports_what_was_measured_and_counted() {
    let ended = run_until(&load(), Fake::new(|_, _| status(202)), &[Duration::from_secs(3)]).await;
    assert!((299..=301).contains(&ended.report.posts), "{}", ended.report.posts);
    assert_eq!(ended.report.unanswered, 0);
    assert!((99.0..=101.0).contains(&ended.report.achieved_rate), "{}", ended.report.achieved_rate);
    assert_eq!(ended.report.counted, Some(ended.report.likes));
    assert_eq!(ended.report.exact, Some(true));
    assert!(ended.after < Duration::from_secs(10), "{:?}", ended.after);
    assert_eq!(ended.report.exit(), Exit::Interrupted);
    assert_eq!(ended.json()["interrupted"], serde_json::json!({"reason": "ctrlC", "message": "Ctrl-C"}));
    assert!(ended.report.to_string().starts_with("Interrupted: Ctrl-C\n"));
    assert_eq!(ended.report.summary(), None);
}

#[tokio::test(start_paused = true)]
async fn after_ctrl_c_posts_in_flight_are_waited_for_only_briefly() {
    let hangs = Fake::new(|_, at| if at < Duration::from_secs(2) { status(202) } else { hanging() });
    let ended = run_until(&load(), hangs, &[Duration::from_secs(3)]).await;
    assert!((95..=105).contains(&ended.report.unanswered), "{}", ended.report.unanswered);
    assert_eq!(ended.report.answers.values().sum::<u64>() + ended.report.unanswered, ended.report.posts);
    assert_eq!(ended.report.counted, Some(ended.report.accepted));
    // The likes without an answer may be counted or not.
    assert_eq!(ended.report.exact, None);
    assert!(ended.after < Duration::from_secs(15), "{:?}", ended.after);
    assert!(ended.report.to_string().contains("in flight when the load ended: "));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_while_the_counts_are_checked_changes_no_report() {
    let slow = |_, at| {
        let late = Outcome { after: Duration::from_secs(9), ..status(202) };
        if at < Duration::from_secs(2) { status(202) } else { late }
    };
    let ended = run_until(&load(), Fake::new(slow), &[Duration::from_secs(3)]).await;
    assert!(ended.after > Duration::from_secs(12), "{:?}", ended.after);
    assert!((95..=105).contains(&ended.report.unanswered), "{}", ended.report.unanswered);
    // They are counted all the same.
    assert!(ended.report.counted > Some(ended.report.accepted));
    assert_eq!(ended.report.exact, None);
}

#[tokio::test(start_paused = true)]
async fn after_ctrl_c_likes_are_no_longer_retried() {
    let mut failing = status(503).reply;
    failing.retry_after = Some(Duration::from_secs(20));
    let api = Fake::new(move |_, _| Outcome { after: LATENCY, reply: failing });
    let ended = run_until(&load(), api, &[Duration::from_secs(3)]).await;
    assert!(ended.after < Duration::from_secs(4), "{:?}", ended.after);
    assert_eq!((ended.report.retries, ended.report.accepted), (0, 0));
    assert_eq!((ended.report.counted, ended.report.exact), (None, None));
}

#[tokio::test(start_paused = true)]
async fn after_ctrl_c_incomplete_counts_are_not_called_exact_or_wrong() {
    // A copy would count the lost like after all.
    let load = Load { duplicates: 0.0, ..load() };
    let mut api = Fake::new(|_, _| status(202));
    api.lost = 1.into();
    let ended = run_until(&load, api, &[Duration::from_secs(3)]).await;
    assert_eq!(ended.report.counted, Some(ended.report.accepted - 1));
    assert_eq!((ended.report.exact, ended.report.exit()), (None, Exit::Interrupted));
    assert!((13..15).contains(&ended.after.as_secs()), "{:?}", ended.after);
    assert!(ended.report.to_string().ends_with("The counts were incomplete when the check ended.\n"));
}

#[tokio::test(start_paused = true)]
async fn ctrl_c_while_the_counts_are_followed_reports_at_once() {
    // A copy would count the lost like after all.
    let load = Load { duplicates: 0.0, ..load() };
    let mut api = Fake::new(|_, _| status(202));
    api.lost = 1.into();
    let ended = run_until(&load, api, &[Duration::from_mins(1)]).await;
    assert_eq!(ended.after.as_secs(), 60);
    assert_eq!((ended.report.posts, ended.report.exact), (1000, None));
    assert_eq!(ended.report.exit(), Exit::Interrupted);
}

#[tokio::test(start_paused = true)]
async fn a_second_ctrl_c_reports_at_once() {
    let twice = [3, 4].map(Duration::from_secs);
    let ended = run_until(&load(), Fake::new(|_, _| hanging()), &twice).await;
    assert_eq!(ended.after, Duration::from_secs(4));
    assert_eq!((ended.report.counted, ended.report.exact), (None, None));
    assert_eq!(ended.report.exit(), Exit::Interrupted);
    assert!(ended.report.to_string().ends_with("The counts were not checked.\n"));
}
