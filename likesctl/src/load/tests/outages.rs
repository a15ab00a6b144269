//! APIs that stop answering, or reject posts.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_lost_connection_ends_the_load_and_reports_what_was_measured() {
    let gone = |at| at > Duration::from_secs(3);
    let api = Fake {
        is_gone: Box::new(gone),
        ..Fake::new(move |_, at| if gone(at) { refused() } else { status(202) })
    };
    let load = Load { duration: SignedDuration::from_hours(1), ..load() };
    let ended = run(&load, api).await;
    assert_eq!(ended.reason(), Some(Reason::ConnectionLost));
    assert!((13..20).contains(&ended.after.as_secs()), "{:?}", ended.after);
    let answers = &ended.report.answers;
    assert!((299..=301).contains(&answers["202 Accepted"]), "{answers:?}");
    assert!((990..=1010).contains(&answers["connection failed"]), "{answers:?}");
    assert_eq!((ended.report.counted, ended.report.exact), (None, None));
    assert_eq!(ended.report.exit(), Exit::Wrong);
    let message = "Interrupted: the API has not answered for 10 s (connection failed)\n";
    assert!(ended.report.to_string().starts_with(message), "{}", ended.report);
}

#[tokio::test(start_paused = true)]
async fn an_api_that_hangs_ends_the_load() {
    let hangs = Fake::new(|_, at| if at < Duration::from_secs(2) { status(202) } else { hanging() });
    let load = Load { duration: SignedDuration::from_hours(1), ..load() };
    let ended = run(&load, hangs).await;
    assert_eq!(ended.reason(), Some(Reason::ConnectionLost));
    // 30 s until the first post without an answer times out, and the check of the counts.
    assert!((32..45).contains(&ended.after.as_secs()), "{:?}", ended.after);
    assert!(
        ended.report.to_string().starts_with("Interrupted: the API has not answered for 30 s (timed out)\n")
    );
    // 200 answered, and as many as may be in flight.
    assert!((1195..=1205).contains(&ended.report.posts), "{}", ended.report.posts);
    assert!((1995..=2010).contains(&ended.report.dropped), "{}", ended.report.dropped);
}

#[tokio::test(start_paused = true)]
async fn a_post_that_times_out_while_others_are_answered_ends_nothing() {
    let ended =
        run(&load(), Fake::new(|number, _| if number % 10 == 0 { hanging() } else { status(202) })).await;
    assert_eq!(ended.reason(), None);
    assert!(ended.report.answers["timed out"] > 90);
}

#[tokio::test(start_paused = true)]
async fn an_outage_shorter_than_ten_seconds_is_measured_and_ends_nothing() {
    let outage = Duration::from_secs(1)..Duration::from_secs(9);
    let api = Fake::new(move |_, at| if outage.contains(&at) { refused() } else { status(202) });
    let ended = run(&load(), api).await;
    assert_eq!(ended.reason(), None);
    assert!((795..=805).contains(&ended.report.answers["connection failed"]));
    assert_eq!((ended.report.exact, ended.report.exit()), (Some(true), Exit::Fine));
}

#[tokio::test(start_paused = true)]
async fn two_short_outages_are_not_one_long_one() {
    let outages = [1, 13].map(Duration::from_secs).map(|start| start..start + Duration::from_secs(1));
    let is_out = move |at| outages.iter().any(|outage| outage.contains(&at));
    let load = Load { duration: SignedDuration::from_secs(20), ..load() };
    let ended = run(&load, Fake::new(move |_, at| if is_out(at) { refused() } else { status(202) })).await;
    assert!((195..=205).contains(&ended.report.answers["connection failed"]));
    assert_eq!((ended.reason(), ended.report.exact), (None, Some(true)));
}

#[tokio::test(start_paused = true)]
async fn a_status_that_a_retry_does_not_change_is_an_error_that_names_the_url() {
    for code in [200, 400, 403, 404, 413, 415] {
        let (report, run) = try_run(&load(), Fake::new(move |_, _| status(code)), &[]).await;
        let message = report.unwrap_err().to_string();
        let start = format!("http://api.example/likes answered a post with {code} ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.ends_with(", which a retry does not change"), "{message}");
        // No more than are due before the first answer.
        assert!(run.endpoint.received.lock().unwrap().len() <= 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_in_the_middle_ends_the_load_and_reports_what_was_measured() {
    let deleted = Fake::new(|_, at| status(if at < Duration::from_secs(3) { 202 } else { 403 }));
    let ended = run(&load(), deleted).await;
    assert_eq!(ended.reason(), Some(Reason::Rejected));
    let message = "Interrupted: http://api.example/likes answered a post with 403 Forbidden, ";
    assert!(ended.report.to_string().starts_with(message), "{}", ended.report);
    assert!(ended.report.posts < 310, "{}", ended.report.posts);
    assert_eq!(ended.report.exit(), Exit::Wrong);
}
