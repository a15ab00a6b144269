//! Whole loads in paused time, against an API that answers as a test tells it to.

mod counts;
mod interruptions;
mod measurements;
mod outages;
mod retries;

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
