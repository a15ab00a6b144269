//! Calls that take a batch of messages, some of which may fail.

use std::{error::Error, time::Duration};

use aws_sdk_sqs::types::BatchResultErrorEntry;
use backon::{BackoffBuilder, ExponentialBuilder};
use futures::{StreamExt, stream};
use tokio::time::sleep;

use super::{causes::with_causes, handle::Handle};

/// The most entries in one call. See
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-batch-api-actions.html>.
pub(super) const MAX_ENTRIES: usize = 10;
/// How many calls are in flight at once.
const CONCURRENCY: usize = 8;

/// A message for which a call failed, also when it was retried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub id: String,
    /// What SQS says about it.
    pub why: String,
}

/// What SQS answers to a call about a batch. Its entries are named by their positions.
#[derive(Debug)]
pub(super) enum Answer {
    /// The entries that were carried out, and those that were not.
    Entries(Vec<String>, Vec<BatchResultErrorEntry>),
    /// None was carried out, or the answer was lost. The SDK has retried the call.
    Error(String),
}

impl Answer {
    /// Takes what the SDK returns. `id` is the name of an entry that was carried out.
    pub(super) fn of<S, E: Error + 'static>(
        answer: Result<(Vec<S>, Vec<BatchResultErrorEntry>), E>,
        id: impl Fn(S) -> String,
    ) -> Self {
        match answer {
            Ok((successful, failed)) => Self::Entries(successful.into_iter().map(id).collect(), failed),
            Err(error) => Self::Error(with_causes(&error)),
        }
    }
}

/// The pauses before failed entries are retried: about 10 s in all.
fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(5))
        .with_max_times(5)
        .with_jitter()
        .build()
}

/// Makes a call for each batch of the messages, several at a time, and retries the entries that failed. Returns the messages
/// for which it failed in the end.
pub(super) async fn in_batches(handles: Vec<Handle>, call: impl AsyncFn(&[Handle]) -> Answer) -> Vec<Failed> {
    stream::iter(handles.chunks(MAX_ENTRIES))
        .map(|batch| one_batch(batch.to_vec(), &call))
        .buffer_unordered(CONCURRENCY)
        .concat()
        .await
}

async fn one_batch(mut handles: Vec<Handle>, call: &impl AsyncFn(&[Handle]) -> Answer) -> Vec<Failed> {
    let mut failed = Vec::new();
    let mut pauses = pauses();
    loop {
        let answer = call(&handles).await;
        let (retryable, rejected) = failures(handles, answer);
        failed.extend(rejected);
        if retryable.is_empty() {
            return failed;
        }
        let Some(pause) = pauses.next() else {
            failed.extend(retryable.into_iter().map(|(handle, why)| Failed { id: handle.id, why }));
            return failed;
        };
        sleep(pause).await;
        handles = retryable.into_iter().map(|(handle, _)| handle).collect();
    }
}

/// The messages of a batch for which a call failed: those for which it is worth a retry, and the others.
fn failures(handles: Vec<Handle>, answer: Answer) -> (Vec<(Handle, String)>, Vec<Failed>) {
    let (successful, errors) = match answer {
        Answer::Entries(successful, errors) => (successful, errors),
        Answer::Error(why) => {
            let failed = handles.into_iter().map(|handle| Failed { id: handle.id, why: why.clone() });
            return (Vec::new(), failed.collect());
        }
    };
    let (mut retryable, mut rejected) = (Vec::new(), Vec::new());
    for (number, handle) in handles.into_iter().enumerate() {
        let number = number.to_string();
        if successful.contains(&number) {
            continue;
        }
        match errors.iter().find(|error| error.id == number) {
            Some(error) if error.sender_fault => rejected.push(Failed { id: handle.id, why: explain(error) }),
            Some(error) => retryable.push((handle, explain(error))),
            None => retryable.push((handle, "SQS did not answer for it".to_owned())),
        }
    }
    (retryable, rejected)
}

fn explain(error: &BatchResultErrorEntry) -> String {
    match &error.message {
        Some(message) => format!("{}: {message}", error.code),
        None => error.code.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn handles(ids: impl IntoIterator<Item = usize>) -> Vec<Handle> {
        ids.into_iter().map(|id| Handle { id: id.to_string(), receipt: format!("receipt-{id}") }).collect()
    }

    fn error(position: usize, sender_fault: bool) -> BatchResultErrorEntry {
        let error = BatchResultErrorEntry::builder().id(position.to_string()).sender_fault(sender_fault);
        error.code("Code").message("why").build().unwrap()
    }

    /// Calls with `handles`, answers with `answer`, which is given the number of the call, and returns the ids in each call
    /// and the failures.
    async fn calls(
        handles: Vec<Handle>,
        answer: impl Fn(usize, &[Handle]) -> Answer,
    ) -> (Vec<Vec<String>>, Vec<Failed>) {
        let calls = RefCell::new(Vec::new());
        let failed = in_batches(handles, async |handles| {
            let number = calls.borrow().len();
            calls.borrow_mut().push(handles.iter().map(|handle| handle.id.clone()).collect());
            answer(number, handles)
        })
        .await;
        (calls.into_inner(), failed)
    }

    fn all(handles: &[Handle]) -> Vec<String> {
        (0..handles.len()).map(|number| number.to_string()).collect()
    }

    fn failed(id: &str, why: &str) -> Failed {
        Failed { id: id.to_owned(), why: why.to_owned() }
    }

    #[tokio::test]
    async fn a_call_takes_at_most_ten_messages() {
        let (calls, failed) = calls(handles(0..25), |_, handles| Answer::Entries(all(handles), vec![])).await;
        assert_eq!(calls.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 5]);
        assert_eq!(calls.concat(), (0..25).map(|id| id.to_string()).collect::<Vec<_>>());
        assert_eq!(failed, []);
        assert_eq!(self::calls(vec![], |_, _| unreachable!()).await, (vec![], vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn only_entries_that_failed_are_retried() {
        let (calls, failed) = calls(handles(7..10), |number, handles| match number {
            0 => Answer::Entries(vec!["0".into()], vec![error(1, false), error(2, false)]),
            1 => Answer::Entries(vec!["1".into()], vec![error(0, false)]),
            _ => Answer::Entries(all(handles), vec![]),
        })
        .await;
        assert_eq!(calls, [vec!["7", "8", "9"], vec!["8", "9"], vec!["8"]]);
        assert_eq!(failed, []);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_that_sqs_says_nothing_about_is_retried_and_then_reported() {
        let (calls, failed) = calls(handles(0..1), |_, _| Answer::Entries(vec![], vec![])).await;
        assert_eq!(calls.len(), 6);
        assert_eq!(failed, [self::failed("0", "SQS did not answer for it")]);
    }

    #[tokio::test]
    async fn an_entry_that_is_our_fault_is_reported_without_a_retry() {
        let (calls, failed) =
            calls(handles(3..5), |_, _| Answer::Entries(vec!["0".into()], vec![error(1, true)])).await;
        assert_eq!(calls.len(), 1);
        assert_eq!(failed, [self::failed("4", "Code: why")]);
    }

    #[tokio::test]
    async fn a_call_that_fails_fails_for_all_of_its_messages() {
        let (calls, failed) = calls(handles(0..12), |number, handles| match number {
            0 => Answer::Error("no network".into()),
            _ => Answer::Entries(all(handles), vec![]),
        })
        .await;
        assert_eq!(calls.len(), 2);
        assert_eq!(failed, (0..10).map(|id| self::failed(&id.to_string(), "no network")).collect::<Vec<_>>());
    }
}
