//! Retries likes that were not accepted, beside the load.

use std::sync::Arc;

use client::{Reply, Retries};
use futures::{StreamExt, stream};
use tokio::{
    select,
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    run::{Endpoint, Run},
    schedule::Like,
};

/// How many likes wait for their retry at most.
pub(super) const MAX_WAITING: usize = 100_000;
/// How many likes are retried at once.
const AT_ONCE: usize = 16;

/// A like to retry.
#[derive(Debug)]
pub(super) struct Retry {
    pub like: Arc<Like>,
    /// The reply to its first post.
    pub reply: Reply,
    pub answered: Instant,
}

/// Retries likes, a few at once, each with backoff until it is accepted or the run is interrupted.
pub(super) async fn retry<E: Endpoint>(run: Arc<Run<E>>, mut waiting: mpsc::Receiver<Retry>) {
    let waiting = stream::poll_fn(|context| waiting.poll_recv(context));
    waiting.for_each_concurrent(AT_ONCE, |retry| retry_like(&run, retry)).await;
}

async fn retry_like<E: Endpoint>(run: &Run<E>, retry: Retry) {
    let Retry { like, mut reply, mut answered } = retry;
    let mut retries = Retries::endless();
    while reply.answer.is_transient()
        && let Some(delay) = retries.delay(reply.retry_after)
    {
        select! {
            biased;
            () = run.stop.interrupted() => return,
            () = sleep_until(answered + delay) => {}
        }
        // A copy may have been accepted meanwhile.
        if like.is_accepted() {
            return;
        }
        reply = run.post(&like, |tally, answer, sent| tally.retry(&like, answer, sent)).await;
        answered = Instant::now();
    }
}
