//! Sends each post when it is due, whether or not earlier ones were answered.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{Semaphore, mpsc},
    time::{Instant, sleep_until, timeout},
};

use super::{
    retry::{MAX_WAITING, Retry, retry},
    run::{Endpoint, Run},
    schedule::{Post, Schedule},
};

/// How long an interrupted load waits for the posts in flight.
const GRACE: Duration = Duration::from_secs(5);
/// How long likes are retried after the load without one being accepted.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends all posts, and returns when all likes are accepted or retrying them is given up.
pub(super) async fn send<E: Endpoint>(run: &Arc<Run<E>>, mut schedule: Schedule, max_in_flight: usize) {
    // Retries have connections of their own, so that they neither delay nor displace posts.
    let (retries, waiting) = mpsc::channel(MAX_WAITING);
    let mut retrying = tokio::spawn(retry(Arc::clone(run), waiting));
    send_posts(run, &mut schedule, max_in_flight, retries).await;
    run.tally().end();

    // Retrying ends when every post is answered and none is left to retry.
    select! {
        _ = &mut retrying => {}
        () = run.stop.interrupted() => {
            let _ = timeout(GRACE, &mut retrying).await;
        }
        () = no_progress(run) => {}
    }
    retrying.abort();
    run.tally().close();
}

async fn send_posts<E: Endpoint>(
    run: &Arc<Run<E>>,
    schedule: &mut Schedule,
    max_in_flight: usize,
    retries: mpsc::Sender<Retry>,
) {
    let start = run.tally().start();
    let in_flight = Arc::new(Semaphore::new(max_in_flight));
    let mut interrupted = pin!(run.stop.interrupted());
    while let Some(due) = schedule.due() {
        let due = start + due;
        select! {
            biased;
            () = &mut interrupted => return,
            () = sleep_until(due) => {}
        }
        let post = schedule.next();
        let Ok(permit) = Arc::clone(&in_flight).try_acquire_owned() else {
            run.tally().dropped += 1;
            continue;
        };
        schedule.posted(&post);
        run.tally().post(&post);
        let Post { like, is_duplicate } = post;
        let (run, retries) = (Arc::clone(run), retries.clone());
        tokio::spawn(async move {
            let reply = run.post(&like, |tally, answer, sent| tally.answer(&like, answer, due, sent)).await;
            drop(permit);
            // It is the original that is retried.
            if !is_duplicate && reply.answer.is_transient() {
                // If too many wait already, the like stays unaccepted, and is reported as such.
                let _ = retries.try_send(Retry { like, reply, answered: Instant::now() });
            }
        });
    }
    select! {
        () = interrupted => {}
        () = sleep_until(start + schedule.duration()) => {}
    }
}

/// Waits until no like was accepted for a while.
async fn no_progress<E: Endpoint>(run: &Run<E>) {
    loop {
        let deadline = run.tally().last_progress() + PATIENCE;
        if deadline <= Instant::now() {
            return;
        }
        sleep_until(deadline).await;
    }
}
