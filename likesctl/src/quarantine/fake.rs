//! An SQS queue in memory, behind the SDK's client. Its time is tokio's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use aws_sdk_sqs::{
    Client,
    operation::{
        change_message_visibility_batch::ChangeMessageVisibilityBatchOutput,
        delete_message_batch::DeleteMessageBatchOutput, receive_message::ReceiveMessageOutput,
    },
    types::{
        BatchResultErrorEntry, ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchResultEntry,
        Message, MessageSystemAttributeName,
    },
};
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use tokio::time::Instant;

use super::queue::Queue;

/// A queue. Clones share their messages.
#[derive(Debug, Clone, Default)]
pub(super) struct FakeQueue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
pub(super) struct State {
    pub messages: Vec<Stored>,
    pub calls: Calls,
    /// How many entries of batches fail from now on.
    pub faults: usize,
    /// The id of a message of which no call takes effect.
    pub broken: Option<String>,
}

#[derive(Debug)]
pub(super) struct Stored {
    pub id: String,
    pub body: String,
    pub visible_at: Instant,
    pub received: usize,
}

/// How often each operation was called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Calls {
    pub receive: usize,
    pub delete: usize,
    pub change: usize,
}

impl State {
    /// Whether an entry is carried out, or how it fails.
    fn entry(
        &mut self,
        id: &str,
        receipt: &str,
        act: impl FnOnce(&mut Vec<Stored>, usize),
    ) -> Option<BatchResultErrorEntry> {
        let now = Instant::now();
        let fail = |code: &str, sender_fault| {
            BatchResultErrorEntry::builder().id(id).code(code).sender_fault(sender_fault).build().ok()
        };
        if self.faults > 0 {
            self.faults -= 1;
            return fail("InternalError", false);
        }
        let is_it = |stored: &Stored| format!("{}#{}", stored.id, stored.received) == receipt;
        match self.messages.iter().position(is_it) {
            Some(place) if self.messages[place].visible_at <= now => fail("MessageNotInflight", true),
            Some(place) if self.broken.as_ref() == Some(&self.messages[place].id) => fail("Broken", true),
            Some(place) => {
                act(&mut self.messages, place);
                None
            }
            None => fail("ReceiptHandleIsInvalid", true),
        }
    }

    fn receive(&mut self, number: i32, hidden: i32) -> Vec<Message> {
        let now = Instant::now();
        let number = usize::try_from(number).unwrap();
        let visible = self.messages.iter_mut().filter(|stored| stored.visible_at <= now).take(number);
        let receive = |stored: &mut Stored| {
            stored.visible_at = now + seconds(hidden);
            stored.received += 1;
            let sent =
                HashMap::from([(MessageSystemAttributeName::SentTimestamp, "1700000000123".to_owned())]);
            Message::builder()
                .message_id(&stored.id)
                .receipt_handle(format!("{}#{}", stored.id, stored.received))
                .body(&stored.body)
                .set_attributes(Some(sent))
                .build()
        };
        visible.map(receive).collect()
    }
}

fn seconds(seconds: i32) -> Duration {
    Duration::from_secs(seconds.try_into().unwrap())
}

impl FakeQueue {
    /// A queue of messages with these bodies; their ids are their positions.
    pub(super) fn of(bodies: impl IntoIterator<Item = String>) -> Self {
        let stored = |(number, body): (usize, String)| Stored {
            id: number.to_string(),
            body,
            visible_at: Instant::now(),
            received: 0,
        };
        let messages = bodies.into_iter().enumerate().map(stored).collect();
        Self(Arc::new(Mutex::new(State { messages, ..State::default() })))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The ids of the messages that are in the queue and visible, and of those that are hidden.
    pub(super) fn ids(&self) -> (Vec<String>, Vec<String>) {
        let now = Instant::now();
        let state = self.state();
        let (visible, hidden): (Vec<_>, Vec<_>) =
            state.messages.iter().partition(|stored| stored.visible_at <= now);
        let ids = |stored: Vec<&Stored>| stored.iter().map(|stored| stored.id.clone()).collect();
        (ids(visible), ids(hidden))
    }

    pub(super) fn queue(&self) -> Queue {
        let queue = self.clone();
        let receive = mock!(Client::receive_message).then_compute_output(move |request| {
            let mut state = queue.state();
            state.calls.receive += 1;
            let messages =
                state.receive(request.max_number_of_messages.unwrap(), request.visibility_timeout.unwrap());
            assert_eq!(request.message_system_attribute_names(), [MessageSystemAttributeName::SentTimestamp]);
            assert!(request.wait_time_seconds.unwrap() > 0);
            ReceiveMessageOutput::builder().set_messages(Some(messages)).build()
        });
        let queue = self.clone();
        let delete = mock!(Client::delete_message_batch).then_compute_output(move |request| {
            let mut state = queue.state();
            state.calls.delete += 1;
            let mut output =
                DeleteMessageBatchOutput::builder().set_successful(Some(vec![])).set_failed(Some(vec![]));
            assert!((1..=10).contains(&request.entries().len()));
            for entry in request.entries() {
                let failed = state.entry(entry.id(), entry.receipt_handle(), |messages, place| {
                    messages.remove(place);
                });
                output = match failed {
                    Some(failed) => output.failed(failed),
                    None => output
                        .successful(DeleteMessageBatchResultEntry::builder().id(entry.id()).build().unwrap()),
                };
            }
            output.build().unwrap()
        });
        let queue = self.clone();
        let change = mock!(Client::change_message_visibility_batch).then_compute_output(move |request| {
            let mut state = queue.state();
            state.calls.change += 1;
            let mut output = ChangeMessageVisibilityBatchOutput::builder()
                .set_successful(Some(vec![]))
                .set_failed(Some(vec![]));
            assert!((1..=10).contains(&request.entries().len()));
            for entry in request.entries() {
                let hidden = seconds(entry.visibility_timeout.unwrap());
                let failed = state.entry(entry.id(), entry.receipt_handle(), |messages, place| {
                    messages[place].visible_at = Instant::now() + hidden;
                });
                output = match failed {
                    Some(failed) => output.failed(failed),
                    None => output.successful(
                        ChangeMessageVisibilityBatchResultEntry::builder().id(entry.id()).build().unwrap(),
                    ),
                };
            }
            output.build().unwrap()
        });
        let client = mock_client!(aws_sdk_sqs, RuleMode::MatchAny, [&receive, &delete, &change]);
        Queue::new(client, "https://sqs.eu-west-1.amazonaws.com/123456789012/quarantine".to_owned())
    }
}
