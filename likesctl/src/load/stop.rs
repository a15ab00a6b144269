//! What ends a load early.

use std::time::Duration;

use client::Answer;
use serde::Serialize;
use tokio::sync::watch;

/// How long requests may fail, without one answer between, until the API is considered gone.
pub(super) const GONE_AFTER: Duration = Duration::from_secs(10);

/// Why a load ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Interruption {
    pub reason: Reason,
    /// The reason as a sentence.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Reason {
    /// The user pressed Ctrl-C.
    CtrlC,
    /// The API stopped answering.
    ConnectionLost,
    /// The API answered with a status that a retry does not change.
    Rejected,
    /// The counts could not be read.
    CountsUnreadable,
}

impl Interruption {
    pub(super) fn ctrl_c() -> Self {
        Self { reason: Reason::CtrlC, message: "Ctrl-C".to_owned() }
    }

    pub(super) fn connection_lost(silence: Duration, last: Answer) -> Self {
        let message = format!("the API has not answered for {} s ({last})", silence.as_secs());
        Self { reason: Reason::ConnectionLost, message }
    }

    pub(super) fn rejected(url: &str, answer: Answer) -> Self {
        let message = format!("{url} answered a post with {answer}, which a retry does not change");
        Self { reason: Reason::Rejected, message }
    }

    pub(super) fn counts_unreadable(message: String) -> Self {
        Self { reason: Reason::CountsUnreadable, message }
    }
}

/// Ends a load. The first interruption counts.
#[derive(Debug)]
pub(super) struct Stop(watch::Sender<Option<Interruption>>);

impl Stop {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    pub(super) fn interrupt(&self, interruption: Interruption) {
        self.0.send_if_modified(|current| {
            let is_first = current.is_none();
            current.get_or_insert(interruption);
            is_first
        });
    }

    /// Waits until the load is interrupted.
    pub(super) async fn interrupted(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(Option::is_some).await;
    }

    pub(super) fn interruption(&self) -> Option<Interruption> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_interruption_counts() {
        let stop = Stop::new();
        assert_eq!(stop.interruption(), None);
        let lost = Interruption::connection_lost(GONE_AFTER, Answer::ConnectionFailed);
        stop.interrupt(lost.clone());
        stop.interrupt(Interruption::ctrl_c());
        stop.interrupted().await;
        assert_eq!(stop.interruption(), Some(lost));
    }
}
