//! Reads a stack again and again, while the screen stays responsive.

use std::{sync::Arc, time::Duration};

use tokio::{
    select,
    sync::{Notify, mpsc, watch},
    time::sleep,
};

/// What the screen asks of the feed.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    /// Whether to wait.
    pub is_paused: watch::Sender<bool>,
    /// To read now, even if paused.
    pub refresh: Arc<Notify>,
}

impl Requests {
    pub(super) fn new() -> Self {
        Self { is_paused: watch::Sender::new(false), refresh: Arc::new(Notify::new()) }
    }
}

/// Sends what `read` reads, with a pause of `interval`, until nobody receives it.
pub(super) async fn run<T>(
    mut read: impl AsyncFnMut() -> T,
    interval: Duration,
    requests: Requests,
    samples: mpsc::Sender<T>,
) {
    let mut is_paused = requests.is_paused.subscribe();
    while samples.send(read().await).await.is_ok() {
        let due = async {
            sleep(interval).await;
            // It fails if there is no sender, and `requests` has one.
            let _ = is_paused.wait_for(|is_paused| !is_paused).await;
        };
        select! {
            () = due => {}
            () = requests.refresh.notified() => {}
            () = samples.closed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, timeout};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// Follows a script beside a feed of the times at which it reads, since its start.
    async fn beside(script: impl AsyncFnOnce(&Requests, &mut mpsc::Receiver<Duration>)) {
        let (sender, mut samples) = mpsc::channel(1);
        let (requests, start) = (Requests::new(), Instant::now());
        select! {
            () = run(async || start.elapsed(), MINUTE, requests.clone(), sender) => panic!("the feed ends"),
            () = script(&requests, &mut samples) => {}
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stack_is_read_at_once_and_then_once_per_interval() {
        beside(async |_, samples| {
            for minute in 0..3 {
                assert_eq!(samples.recv().await, Some(minute * MINUTE));
            }
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_refresh_does_not_wait_even_in_a_pause() {
        beside(async |requests, samples| {
            assert_eq!(samples.recv().await, Some(Duration::ZERO));
            requests.is_paused.send_replace(true);
            assert!(timeout(10 * MINUTE, samples.recv()).await.is_err(), "it reads in a pause");
            requests.refresh.notify_one();
            assert_eq!(samples.recv().await, Some(10 * MINUTE));
            requests.is_paused.send_replace(false);
            assert_eq!(samples.recv().await, Some(11 * MINUTE));
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_feed_that_nobody_receives_ends() {
        let (sender, receiver) = mpsc::channel(1);
        drop(receiver);
        let feed = run(async || (), MINUTE, Requests::new(), sender);
        assert!(timeout(MINUTE, feed).await.is_ok());
    }
}
