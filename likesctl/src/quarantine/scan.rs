//! Scans the quarantine queue from end to end.
//!
//! SQS has no way to look at a message without receiving it, and a message that was received and released may be received
//! again at once. So a scan holds every message that it does not delete until it has had all of them, and then releases
//! them together.

use std::{cell::RefCell, collections::HashSet, time::Duration};

use futures::future::join_all;
use indicatif::ProgressBar;
use tokio::{
    join, select,
    sync::SetOnce,
    time::{Instant, sleep},
};

use super::{
    batch::Failed,
    entry::Entry,
    error::QuarantineError,
    holds::{HIDDEN, Holds},
    queue::{Depth, MAX_MESSAGES, Queue, Received},
};

/// How many batches of messages are worked on at once.
pub(super) const WORKERS: usize = 8;
/// The most messages that a scan holds. SQS allows about 120,000 in flight, and when there are more it hands out none and
/// does not say why. See
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html>.
pub(super) const MAX_HELD: usize = 100_000;
/// How often the held messages are checked for those that have to be hidden for longer: several times before they are
/// visible again, in case a call fails.
const CHECK_EVERY: Duration = Duration::from_secs(30);

/// Why a scan ends early. Only the first reason is kept.
pub(super) type Stop = SetOnce<QuarantineError>;

/// What becomes of a message.
pub(super) enum Decision {
    /// It is reported, and deleted.
    Delete(Entry),
    /// It is reported, and stays in quarantine.
    Keep(Entry),
    /// It stays in quarantine.
    Skip,
}

/// A scan of a queue.
pub(super) struct Scan<'a> {
    pub queue: &'a Queue,
    pub stop: &'a Stop,
    pub progress: ProgressBar,
    pub max_held: usize,
}

/// What a scan has found.
#[derive(Debug)]
pub(super) struct Scanned {
    pub entries: Vec<Entry>,
    /// How many messages were decided on.
    pub decided: usize,
    /// Whether it ended because it held as many messages as it may.
    pub is_full: bool,
    /// Messages that it could not release. They stay hidden for up to [`HIDDEN`].
    pub not_released: Vec<Failed>,
}

impl Scan<'_> {
    /// Receives every visible message, lets `decide` say what becomes of it, and releases those that are not deleted.
    ///
    /// If `stop` is set, it ends once the calls that are in flight have ended: the answer to one may hold messages that
    /// nobody else could release.
    pub(super) async fn run(self, depth: Depth, decide: impl AsyncFn(Received) -> Decision) -> Scanned {
        let holds = Holds::default();
        let found = RefCell::new((0, Vec::new()));
        let batches = depth.visible.div_ceil(MAX_MESSAGES.unsigned_abs().into());
        let workers = usize::try_from(batches).unwrap_or(WORKERS).clamp(1, WORKERS);
        let is_done = SetOnce::new();
        let work = async {
            join_all((0..workers).map(|_| self.work(&holds, &found, &decide))).await;
            let _ = is_done.set(());
        };
        join!(work, self.extend(&holds, &is_done));
        let is_full = holds.number() >= self.max_held;
        let not_released = self.queue.hide(holds.hidden(), Duration::ZERO).await;
        if let Some(Failed { why, .. }) = not_released.first() {
            tracing::warn!(messages = not_released.len(), why, "messages could not be released");
        }
        let (decided, entries) = found.into_inner();
        Scanned { entries, decided, is_full, not_released }
    }

    /// Works on one batch after another.
    async fn work(
        &self,
        holds: &Holds,
        found: &RefCell<(usize, Vec<Entry>)>,
        decide: &impl AsyncFn(Received) -> Decision,
    ) {
        while !self.stop.initialized() && holds.number() < self.max_held {
            let asked = Instant::now();
            let received = match self.queue.receive(HIDDEN).await {
                Ok(received) if received.is_empty() => return,
                Ok(received) => holds.take(received, asked),
                Err(error) => {
                    // Only the first reason is reported.
                    let _ = self.stop.set(error.into());
                    return;
                }
            };
            let mut to_delete = Vec::new();
            for message in received {
                if self.stop.initialized() {
                    break;
                }
                let id = message.id.clone();
                match decide(message).await {
                    Decision::Delete(entry) => to_delete.push((id, entry)),
                    Decision::Keep(entry) => found.borrow_mut().1.push(entry),
                    Decision::Skip => {}
                }
                found.borrow_mut().0 += 1;
                self.progress.inc(1);
            }
            let deleted = self.delete(holds, to_delete).await;
            found.borrow_mut().1.extend(deleted);
        }
    }

    /// Deletes messages, and returns what is reported about them.
    async fn delete(&self, holds: &Holds, to_delete: Vec<(String, Entry)>) -> Vec<Entry> {
        let failed = self.queue.delete(holds.handles(to_delete.iter().map(|(id, _)| id))).await;
        let settle = |(id, entry): (String, Entry)| {
            if let Some(failed) = failed.iter().find(|failed| failed.id == id) {
                return entry.not_deleted(&failed.why);
            }
            holds.forget(&id);
            entry
        };
        to_delete.into_iter().map(settle).collect()
    }

    /// Keeps the held messages hidden until the work is done.
    async fn extend(&self, holds: &Holds, is_done: &SetOnce<()>) {
        loop {
            select! {
                () = sleep(CHECK_EVERY) => {}
                // Checked only between calls: if one were dropped, SQS could still carry it out, after the release.
                () = is_done.wait() => return,
            }
            let (due, asked) = (holds.due(), Instant::now());
            let failed = self.queue.hide(due.clone(), HIDDEN).await;
            let mut has_failed: HashSet<&str> = failed.iter().map(|failed| failed.id.as_str()).collect();
            for handle in due.iter().filter(|handle| !has_failed.contains(handle.id.as_str())) {
                holds.extend(handle, asked);
            }
            // A message may have been deleted in the meantime.
            has_failed.retain(|id| holds.holds(id));
            if let (Some(Failed { why, .. }), false) = (failed.first(), has_failed.is_empty()) {
                tracing::warn!(
                    messages = has_failed.len(),
                    why,
                    "messages could not be hidden for longer; retrying"
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::quarantine::{entry::Outcome, fake::FakeQueue};

    fn bodies(number: usize) -> impl Iterator<Item = String> {
        (0..number).map(|number| format!("message {number}"))
    }

    /// Scans a queue.
    async fn scan(queue: &FakeQueue, stop: &Stop, decide: impl AsyncFn(Received) -> Decision) -> Scanned {
        let client = queue.queue();
        let visible = queue.ids().0.len() as u64;
        let scan = Scan { queue: &client, stop, progress: ProgressBar::hidden(), max_held: 500 };
        scan.run(Depth { visible, in_flight: 0 }, decide).await
    }

    fn keep(received: Received) -> Decision {
        Decision::Keep(Entry::new(Outcome::Listed, received))
    }

    fn discard(received: Received) -> Decision {
        Decision::Delete(Entry::new(Outcome::Discarded, received))
    }

    /// The ids of messages, in the order of their numbers.
    fn ids(entries: &[Entry]) -> Vec<String> {
        let mut ids: Vec<_> = entries.iter().map(|entry| entry.message_id.clone()).collect();
        ids.sort_by_key(|id| id.parse::<usize>().unwrap());
        ids
    }

    fn numbers(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|number| number.to_string()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn every_message_is_seen_once_and_visible_in_the_end() {
        let queue = FakeQueue::of(bodies(234));
        let scanned = scan(&queue, &Stop::new(), async |received| keep(received)).await;
        assert_eq!(ids(&scanned.entries), numbers(0..234));
        assert!(scanned.entries.iter().all(|entry| entry.sent_at.is_some()));
        assert_eq!((scanned.decided, scanned.is_full, scanned.not_released.len()), (234, false, 0));
        assert_eq!(queue.ids(), (numbers(0..234), vec![]));
        let calls = queue.state().calls;
        assert_eq!((calls.receive, calls.delete, calls.change), (24 + WORKERS, 0, 24));
    }

    #[tokio::test(start_paused = true)]
    async fn only_discarded_messages_are_deleted_and_the_others_are_released() {
        let queue = FakeQueue::of(bodies(100));
        let scanned =
            scan(&queue, &Stop::new(), async |received| match received.id.parse::<usize>().unwrap() % 3 {
                0 => discard(received),
                1 => keep(received),
                _ => Decision::Skip,
            })
            .await;
        assert_eq!(ids(&scanned.entries), numbers((0..100).filter(|id| id % 3 < 2)));
        assert_eq!(scanned.decided, 100);
        assert_eq!(queue.ids(), (numbers((0..100).filter(|id| id % 3 > 0)), vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn messages_stay_hidden_however_long_the_scan_takes() {
        let queue = FakeQueue::of(bodies(90));
        let scanned = scan(&queue, &Stop::new(), async |received| {
            sleep(Duration::from_mins(2)).await;
            if received.id.len() == 1 { discard(received) } else { keep(received) }
        })
        .await;
        assert_eq!(ids(&scanned.entries), numbers(0..90));
        assert!(queue.state().messages.iter().all(|stored| stored.received == 1));
        assert_eq!(queue.ids(), (numbers(10..90), vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_delivered_again_is_seen_once_and_released() {
        let queue = FakeQueue::of(bodies(30));
        let is_first = Cell::new(true);
        let scanned = scan(&queue, &Stop::new(), async |received| {
            if is_first.replace(false) {
                queue.state().messages[3].visible_at = Instant::now();
            }
            keep(received)
        })
        .await;
        assert_eq!(queue.state().messages[3].received, 2);
        assert_eq!(ids(&scanned.entries), numbers(0..30));
        assert_eq!(queue.ids(), (numbers(0..30), vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_fail_in_part_are_retried() {
        let queue = FakeQueue::of(bodies(40));
        queue.state().faults = 25;
        let scanned = scan(&queue, &Stop::new(), async |received| {
            if received.id.len() == 1 { discard(received) } else { keep(received) }
        })
        .await;
        assert!(scanned.entries.iter().all(|entry| entry.outcome != Outcome::Left));
        assert_eq!(scanned.not_released, []);
        assert_eq!(queue.state().faults, 0);
        assert_eq!(queue.ids(), (numbers(10..40), vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_can_be_neither_deleted_nor_released_is_reported() {
        let queue = FakeQueue::of(bodies(3));
        queue.state().broken = Some("1".to_owned());
        let scanned = scan(&queue, &Stop::new(), async |received| discard(received)).await;
        let left: Vec<_> = scanned.entries.iter().filter(|entry| entry.outcome == Outcome::Left).collect();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].message_id, "1");
        assert_eq!(left[0].why.as_deref(), Some("it could not be deleted (Broken)"));
        assert_eq!(scanned.not_released, [Failed { id: "1".to_owned(), why: "Broken".to_owned() }]);
        assert_eq!(queue.ids(), (vec![], numbers([1])));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scan_that_is_stopped_reports_what_it_did_and_releases_the_rest() {
        let queue = FakeQueue::of(bodies(200));
        let stop = Stop::new();
        let decided = Cell::new(0);
        let scanned = scan(&queue, &stop, async |received| {
            decided.set(decided.get() + 1);
            if decided.get() == 55 {
                stop.set(QuarantineError::Interrupted).unwrap();
            }
            discard(received)
        })
        .await;
        assert_eq!((scanned.entries.len(), scanned.decided), (55, 55));
        let (visible, hidden) = queue.ids();
        assert_eq!((visible.len(), hidden.len()), (145, 0));
        assert!(queue.state().messages.iter().any(|stored| stored.received == 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_scan_holds_no_more_than_it_may() {
        let queue = FakeQueue::of(bodies(1000));
        let scanned = scan(&queue, &Stop::new(), async |received| keep(received)).await;
        assert!(scanned.is_full);
        assert!((500..500 + 10 * WORKERS).contains(&scanned.decided), "{}", scanned.decided);
        assert_eq!(queue.ids(), (numbers(0..1000), vec![]));
        let scanned = scan(&queue, &Stop::new(), async |received| discard(received)).await;
        assert_eq!((scanned.is_full, scanned.entries.len()), (false, 1000));
    }
}
