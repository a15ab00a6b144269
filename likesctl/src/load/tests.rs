//! Whole loads in paused time, against an API that answers as a test tells it to.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use client::{Answer, ApiError, Reply};
use jiff::SignedDuration;
use like::LikeId;
use serde_json::Value;
use tokio::{
    select,
    time::{Instant, sleep},
};

use super::{
    Load, LoadError, load_and_count,
    report::LoadReport,
    run::{Endpoint, Run},
    schedule::Schedule,
    stop::{Interruption, Reason},
};
use crate::{exit::Exit, report::Report};

pub(super) fn load() -> Load {
    Load {
        rate: 100,
        duration: SignedDuration::from_secs(10),
        movies: 20,
        skew: 1.0,
        duplicates: 0.2,
        seed: 7,
        max_in_flight: 1000,
    }
}

const LATENCY: Duration = Duration::from_millis(50);

/// Answers a post, by its number and the time since the start.
type Behaviour = Box<dyn Fn(u64, Duration) -> Outcome + Send + Sync>;

/// What happens to a post.
struct Outcome {
    after: Duration,
    reply: Reply,
}

fn status(status: u16) -> Outcome {
    let answer = Answer::Status(status.try_into().unwrap());
    Outcome { after: LATENCY, reply: Reply { answer, retry_after: None } }
}

fn refused() -> Outcome {
    let reply = Reply { answer: Answer::ConnectionFailed, retry_after: None };
    Outcome { after: Duration::from_millis(1), reply }
}

fn hanging() -> Outcome {
    let reply = Reply { answer: Answer::TimedOut, retry_after: None };
    Outcome { after: client::ANSWER_TIMEOUT, reply }
}

/// A post as the API received it.
#[derive(Debug, Clone)]
struct Received {
    at: Duration,
    movie: String,
    key: LikeId,
    is_accepted: bool,
}

/// An API with a pipeline behind it that counts every accepted like once.
struct Fake {
    behaviour: Behaviour,
    start: Instant,
    received: Mutex<Vec<Received>>,
    /// Added to every movie's count, by the time since the start.
    surplus: Box<dyn Fn(Duration) -> u64 + Send + Sync>,
    /// How many of the next likes are never counted.
    lost: AtomicU64,
    counts: Mutex<HashMap<String, HashSet<LikeId>>>,
    is_gone: Box<dyn Fn(Duration) -> bool + Send + Sync>,
}

impl Fake {
    fn new(behaviour: impl Fn(u64, Duration) -> Outcome + Send + Sync + 'static) -> Self {
        Self {
            behaviour: Box::new(behaviour),
            start: Instant::now(),
            received: Mutex::default(),
            surplus: Box::new(|_| 0),
            lost: AtomicU64::new(0),
            counts: Mutex::default(),
            is_gone: Box::new(|_| false),
        }
    }
}

impl Endpoint for Fake {
    fn url(&self) -> &'static str {
        "http://api.example/likes"
    }

    async fn post(&self, movie: &str, key: LikeId) -> Reply {
        let at = self.start.elapsed();
        let outcome = {
            let mut received = self.received.lock().unwrap();
            let outcome = (self.behaviour)(received.len() as u64, at);
            let is_accepted = outcome.reply.answer.is_accepted();
            received.push(Received { at, movie: movie.to_owned(), key, is_accepted });
            outcome
        };
        sleep(outcome.after).await;
        if outcome.reply.answer.is_accepted()
            && self.lost.try_update(Relaxed, Relaxed, |lost| lost.checked_sub(1)).is_err()
        {
            self.counts.lock().unwrap().entry(movie.to_owned()).or_default().insert(key);
        }
        outcome.reply
    }

    async fn counts(&self, movies: &[&str]) -> Result<Vec<u64>, ApiError> {
        sleep(LATENCY).await;
        if (self.is_gone)(self.start.elapsed()) {
            return Err(ApiError::OtherMovies);
        }
        let surplus = (self.surplus)(self.start.elapsed());
        let counts = self.counts.lock().unwrap();
        let count = |movie: &&str| counts.get(*movie).map_or(0, |keys| keys.len() as u64);
        Ok(movies.iter().map(|movie| count(movie) + surplus).collect())
    }
}

/// A load that has ended.
struct Ended {
    report: LoadReport,
    received: Vec<Received>,
    after: Duration,
}

impl Ended {
    fn json(&self) -> Value {
        serde_json::to_value(&self.report).unwrap()
    }

    fn reason(&self) -> Option<Reason> {
        self.report.interrupted.as_ref().map(|interruption| interruption.reason)
    }
}

/// Runs a load, interrupted by Ctrl-C at these times.
async fn try_run(
    load: &Load,
    api: Fake,
    ctrl_c: &[Duration],
) -> (Result<LoadReport, LoadError>, Arc<Run<Fake>>) {
    let run = Arc::new(Run::new(api, load.movies).unwrap());
    let start = Instant::now();
    let interrupts = async {
        for at in ctrl_c {
            sleep((start + *at).saturating_duration_since(Instant::now())).await;
            run.stop.interrupt(Interruption::ctrl_c());
        }
        if ctrl_c.len() < 2 {
            std::future::pending::<()>().await;
        }
    };
    let counted = select! {
        counted = load_and_count(&run, Schedule::new(load), load.max_in_flight as usize) => counted,
        () = interrupts => None,
    };
    (super::report(&run, load, counted.as_ref()), run)
}

async fn run_until(load: &Load, api: Fake, ctrl_c: &[Duration]) -> Ended {
    let start = Instant::now();
    let (report, run) = try_run(load, api, ctrl_c).await;
    let received = run.endpoint.received.lock().unwrap().clone();
    Ended { report: report.unwrap(), received, after: start.elapsed() }
}

async fn run(load: &Load, api: Fake) -> Ended {
    run_until(load, api, &[]).await
}

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
