//! The messages that a scan holds: received, and neither deleted nor released.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    time::Duration,
};

use tokio::time::Instant;

use super::{handle::Handle, queue::Received};

/// How long a message is hidden from others at a time. If the process dies, its messages are visible again after as long.
pub(super) const HIDDEN: Duration = Duration::from_mins(HIDDEN_MINUTES);
/// The same, in minutes.
pub(super) const HIDDEN_MINUTES: u64 = 5;
/// How long SQS keeps a message hidden at most, from the moment it is received. See
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>.
const MAX_HIDDEN: Duration = Duration::from_hours(12);

/// The messages of a scan. Their bodies are not kept.
#[derive(Debug, Default)]
pub(super) struct Holds {
    held: RefCell<HashMap<String, Hold>>,
    /// The ids of all messages that the scan has had: SQS may deliver one more than once.
    seen: RefCell<HashSet<String>>,
}

#[derive(Debug)]
struct Hold {
    receipt: String,
    received: Instant,
    hidden_until: Instant,
}

impl Holds {
    /// Takes messages that were asked for at `asked`, and returns those that the scan has not had before.
    pub(super) fn take(&self, received: Vec<Received>, asked: Instant) -> Vec<Received> {
        let (mut held, mut seen) = (self.held.borrow_mut(), self.seen.borrow_mut());
        let is_new = |message: &Received| {
            let receipt = message.receipt.clone();
            let hidden_until = asked + HIDDEN;
            held.insert(message.id.clone(), Hold { receipt, received: asked, hidden_until });
            seen.insert(message.id.clone())
        };
        received.into_iter().filter(is_new).collect()
    }

    /// How many messages are held.
    pub(super) fn number(&self) -> usize {
        self.held.borrow().len()
    }

    /// The held messages among those with these ids.
    pub(super) fn handles<'a>(&self, ids: impl IntoIterator<Item = &'a String>) -> Vec<Handle> {
        let held = self.held.borrow();
        ids.into_iter().filter_map(|id| Some(held.get(id)?.handle(id))).collect()
    }

    /// The messages that would soon be visible again, and can be hidden for longer.
    pub(super) fn due(&self) -> Vec<Handle> {
        let now = Instant::now();
        self.matching(|hold| {
            hold.hidden_until < now + HIDDEN / 2 && now + HIDDEN <= hold.received + MAX_HIDDEN
        })
    }

    /// The messages that are hidden from others.
    pub(super) fn hidden(&self) -> Vec<Handle> {
        let now = Instant::now();
        self.matching(|hold| hold.hidden_until > now)
    }

    fn matching(&self, wanted: impl Fn(&Hold) -> bool) -> Vec<Handle> {
        let held = self.held.borrow();
        held.iter().filter(|(_, hold)| wanted(hold)).map(|(id, hold)| hold.handle(id)).collect()
    }

    /// Notes that a message was hidden for [`HIDDEN`] at `asked`, if it is still held by this receipt.
    pub(super) fn extend(&self, handle: &Handle, asked: Instant) {
        if let Some(hold) = self.held.borrow_mut().get_mut(&handle.id)
            && hold.receipt == handle.receipt
        {
            hold.hidden_until = asked + HIDDEN;
        }
    }

    pub(super) fn holds(&self, id: &str) -> bool {
        self.held.borrow().contains_key(id)
    }

    /// Notes that a message is deleted.
    pub(super) fn forget(&self, id: &str) {
        self.held.borrow_mut().remove(id);
    }
}

impl Hold {
    fn handle(&self, id: &str) -> Handle {
        Handle { id: id.to_owned(), receipt: self.receipt.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use tokio::time::advance;

    use super::*;
    use crate::quarantine::message::Message;

    const SECOND: Duration = Duration::from_secs(1);

    fn received(id: &str, receipt: &str) -> Received {
        let message = Message::Other(Value::Null);
        Received { id: id.into(), receipt: receipt.into(), sent_at: None, message }
    }

    fn ids(handles: &[Handle]) -> Vec<&str> {
        handles.iter().map(|handle| handle.id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_message_is_new_once_and_held_by_its_latest_receipt() {
        let holds = Holds::default();
        let now = Instant::now();
        assert_eq!(holds.take(vec![received("a", "1"), received("b", "1")], now).len(), 2);
        assert_eq!(holds.take(vec![received("a", "2")], now).len(), 0);
        let ids = ["a".to_owned(), "c".to_owned()];
        assert_eq!(holds.handles(&ids), [Handle { id: "a".into(), receipt: "2".into() }]);
        holds.forget("a");
        assert_eq!(holds.take(vec![received("a", "3")], now).len(), 0);
        assert_eq!(holds.number(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_due_in_the_second_half_of_its_time_and_hidden_until_its_end() {
        let holds = Holds::default();
        let _ = holds.take(vec![received("a", "1")], Instant::now());
        advance(HIDDEN / 2).await;
        assert_eq!(ids(&holds.due()), Vec::<&str>::new());
        advance(SECOND).await;
        assert_eq!(ids(&holds.due()), ["a"]);
        assert_eq!(ids(&holds.hidden()), ["a"]);
        advance(HIDDEN / 2).await;
        assert_eq!(ids(&holds.hidden()), Vec::<&str>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_extended_is_hidden_from_then_on() {
        let holds = Holds::default();
        let _ = holds.take(vec![received("a", "1")], Instant::now());
        advance(HIDDEN.saturating_sub(SECOND)).await;
        holds.extend(&Handle { id: "a".into(), receipt: "old".into() }, Instant::now());
        assert_eq!(ids(&holds.due()), ["a"]);
        holds.extend(&Handle { id: "a".into(), receipt: "1".into() }, Instant::now());
        assert_eq!(ids(&holds.due()), Vec::<&str>::new());
        advance(HIDDEN.saturating_sub(SECOND)).await;
        assert_eq!(ids(&holds.hidden()), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_is_not_extended_beyond_twelve_hours() {
        let holds = Holds::default();
        let _ = holds.take(vec![received("a", "1")], Instant::now());
        advance(MAX_HIDDEN.saturating_sub(HIDDEN)).await;
        assert_eq!(ids(&holds.due()), ["a"]);
        advance(SECOND).await;
        assert_eq!(ids(&holds.due()), Vec::<&str>::new());
    }
}
