//! Comparing the counts with the accepted likes.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_like_that_is_never_counted_is_wrong() {
    // A copy would count the lost like after all.
    let load = Load { duplicates: 0.0, ..load() };
    let mut api = Fake::new(|_, _| status(202));
    api.lost = 1.into();
    let ended = run(&load, api).await;
    assert_eq!((ended.report.exact, ended.report.exit()), (Some(false), Exit::Wrong));
    assert_eq!(ended.report.lag_milliseconds, None);
    assert!(ended.report.to_string().ends_with("The counts are NOT exact.\n"));
}

#[tokio::test(start_paused = true)]
async fn a_like_that_is_counted_twice_is_wrong_even_after_ctrl_c() {
    for ctrl_c in [&[][..], &[Duration::from_secs(3)]] {
        let mut api = Fake::new(|_, _| status(202));
        api.surplus = Box::new(|_| 1);
        let ended = run_until(&load(), api, ctrl_c).await;
        assert_eq!((ended.report.exact, ended.report.exit()), (Some(false), Exit::Wrong));
    }
}

#[tokio::test(start_paused = true)]
async fn a_like_that_is_counted_twice_soon_after_the_counts_were_complete_is_wrong() {
    let mut api = Fake::new(|_, _| status(202));
    api.surplus = Box::new(|at| u64::from(at > Duration::from_secs(14)));
    let ended = run(&load(), api).await;
    assert_eq!((ended.report.exact, ended.report.exit()), (Some(false), Exit::Wrong));
}

#[tokio::test(start_paused = true)]
async fn counts_that_become_unreadable_do_not_lose_the_measurements() {
    let gone = |at| at > Duration::from_secs(10);
    let ended = run(&load(), Fake { is_gone: Box::new(gone), ..Fake::new(|_, _| status(202)) }).await;
    assert_eq!(ended.reason(), Some(Reason::CountsUnreadable));
    assert_eq!(ended.report.answers["202 Accepted"], 1000);
    assert_eq!((ended.report.exact, ended.report.exit()), (None, Exit::Wrong));
}
