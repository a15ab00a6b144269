//! The measurements. Contenders take turns, so that a machine that gets slower or faster does so for all of them.

mod arrivals;
mod batches;
mod calls;
mod cold;
mod shards;
mod warm;

use std::time::Duration;

use bytes::Bytes;

use crate::{
    aws::Aws,
    contender::{Function, Kind, Program},
    events::{Events, is_accepted, is_complete},
    instance::{Failure, Instance},
};

pub use batches::batches;
pub use calls::Calls;
pub use cold::cold;
pub use shards::{paced, scaling};
pub use warm::warm;

/// The number of movies that a request for counts names.
const MOVIES_OF_A_PAGE: u32 = 20;

/// What the measurements share.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The simulated AWS.
    pub aws: &'a Aws,
    /// What is measured.
    pub programs: &'a [Program],
    /// Whether to take a minute rather than ten.
    pub quick: bool,
    /// Whether CPU shares can be limited.
    pub can_limit: bool,
}

impl Bench<'_> {
    fn rounds(&self, full: u32) -> u32 {
        if self.quick { 1 } else { full }
    }
}

/// An event for a program's function. A batch has so many likes.
pub(crate) fn event(events: &mut Events, program: &Program, likes: usize) -> Bytes {
    match program.contender.function {
        Function::Ingest => events.post(),
        Function::Get => events.get(MOVIES_OF_A_PAGE),
        Function::Update => events.batch(likes, 0),
    }
}

/// Has a process handle an event, and checks its answer.
pub(crate) async fn call(
    instance: &mut Instance,
    program: &Program,
    event: Bytes,
) -> Result<Duration, Failure> {
    let is_success = |answer: &[u8]| match (program.contender.kind, program.contender.function) {
        (Kind::Floor, _) => true,
        (_, Function::Update) => is_complete(answer),
        _ => is_accepted(answer),
    };
    instance.call(event, is_success).await
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn megabytes(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 20)
}

/// A number as a fraction. None here reaches 2^53.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

/// Says what is being measured, on standard error.
fn say(what: &str) {
    eprintln!("{what}");
}
