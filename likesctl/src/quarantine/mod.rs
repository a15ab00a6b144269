//! `likesctl quarantine`: what could not be counted, and what becomes of it.

mod message;
mod queue;
mod repair;
mod report;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use message::{Message, NotALike, read_likes};
use queue::{Queue, QueueError};
use repair::{RepairError, repair};
use report::{Handled, Outcome, QuarantineReport};
use stream::{PublishError, Stream};
use thiserror::Error;

use crate::{
    retention::{Retention, RetentionError},
    target::{ConfirmError, Target},
};

/// Look at the records that could not be counted, redrive them or discard them
#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// Show the quarantined records and why they are there
    List,
    /// Publish the likes in quarantined records again: in repaired ones, or in those of a version that was unknown
    ///
    /// What is redriven is deleted from the quarantine; the rest is left in it. Exits with 1 if something is left.
    Redrive(Redrive),
    /// Delete records from the quarantine; the archive keeps them
    Discard(Discard),
}

#[derive(Debug, Args)]
pub(crate) struct Redrive {
    /// A shell command that repairs a record: it reads the raw bytes and prints the new ones
    #[arg(long, value_name = "COMMAND")]
    repair: Option<String>,
    /// Only report what would be redriven
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Discard {
    #[command(flatten)]
    selection: Selection,
    /// Only report what would be discarded
    #[arg(long)]
    dry_run: bool,
}

/// Which messages are meant.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Selection {
    /// The record with this sequence number
    #[arg(long, value_name = "NUMBER")]
    sequence_number: Option<String>,
    /// Records whose reason contains this text
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: Option<String>,
    /// All messages
    #[arg(long)]
    all: bool,
}

/// The quarantine could not be dealt with.
#[derive(Debug, Error)]
pub(crate) enum QuarantineError {
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error("the stream cannot be written; what was not redriven is left in quarantine")]
    Publish(#[from] PublishError),
    #[error("no message matches")]
    NoMatch,
}

/// Why a message is left in quarantine.
#[derive(Debug, Error)]
enum LeftBecause {
    #[error(transparent)]
    NotALike(#[from] NotALike),
    #[error(transparent)]
    Repair(#[from] RepairError),
}

/// Lists, redrives or discards.
pub(crate) async fn run(
    target: &Target,
    command: &Quarantine,
    yes: bool,
) -> Result<QuarantineReport, QuarantineError> {
    let outputs = &target.outputs;
    let config = outputs.sdk_config().await;
    let queue = Queue::new(aws_sdk_sqs::Client::new(&config), outputs.quarantine_queue_url.clone());
    let messages = match command {
        Quarantine::List => list(&queue).await?,
        Quarantine::Redrive(args) => {
            let kinesis = aws_sdk_kinesis::Client::new(&config);
            let retention = Retention::of(&kinesis, &outputs.stream_name).await?.period;
            if !args.dry_run {
                target.confirm("redrive the quarantine", yes).await?;
            }
            redrive(&Stream::new(kinesis, outputs.stream_name.clone()), &queue, args, retention).await?
        }
        Quarantine::Discard(args) => {
            if !args.dry_run {
                target.confirm("discard messages of the quarantine", yes).await?;
            }
            discard(&queue, args).await?
        }
    };
    Ok(QuarantineReport { messages })
}

async fn list(queue: &Queue) -> Result<Vec<Handled>, QuarantineError> {
    let all = queue.receive_all().await?;
    // Released at the end, so that none is seen twice.
    for received in &all {
        queue.release(received).await?;
    }
    let messages = all.into_iter();
    Ok(messages
        .map(|received| Handled { outcome: Outcome::Listed, why: None, message: received.message })
        .collect())
}

async fn discard(queue: &Queue, args: &Discard) -> Result<Vec<Handled>, QuarantineError> {
    let mut handled = Vec::new();
    for received in queue.receive_all().await? {
        let is_selected = args.selection.includes(&received.message);
        if is_selected && !args.dry_run {
            queue.delete(&received).await?;
        } else {
            queue.release(&received).await?;
        }
        if is_selected {
            let outcome = if args.dry_run { Outcome::WouldBeDiscarded } else { Outcome::Discarded };
            handled.push(Handled { outcome, why: None, message: received.message });
        }
    }
    if handled.is_empty() && !args.selection.all { Err(QuarantineError::NoMatch) } else { Ok(handled) }
}

impl Selection {
    fn includes(&self, message: &Message) -> bool {
        let Self { sequence_number, reason, all } = self;
        let has_number =
            |number: &String| matches!(message, Message::Record(record) if record.sequence_number == *number);
        *all || sequence_number.as_ref().is_some_and(has_number)
            || reason.as_ref().is_some_and(|reason| message.reason().contains(reason))
    }
}

async fn redrive(
    stream: &Stream,
    queue: &Queue,
    args: &Redrive,
    retention: SignedDuration,
) -> Result<Vec<Handled>, QuarantineError> {
    let mut handled = Vec::new();
    for received in queue.receive_all().await? {
        let (outcome, why) = match likes(&received.message, args.repair.as_deref(), retention).await {
            Ok(likes) if args.dry_run => {
                queue.release(&received).await?;
                (Outcome::WouldBeRedriven, keys(&likes))
            }
            Ok(likes) => {
                for like in &likes {
                    stream.publish(like).await?;
                }
                // Only once it is on the stream: if this fails it is redriven again, which counts once.
                queue.delete(&received).await?;
                (Outcome::Redriven, keys(&likes))
            }
            Err(why) => {
                queue.release(&received).await?;
                (Outcome::Left, why.to_string())
            }
        };
        handled.push(Handled { outcome, why: Some(why), message: received.message });
    }
    Ok(handled)
}

/// The keys of a record's likes, for people.
fn keys(likes: &[LikeEvent]) -> String {
    likes.iter().map(|like| like.key().to_string()).collect::<Vec<_>>().join(", ")
}

/// The likes that a message's record holds, or holds after its repair.
async fn likes(
    message: &Message,
    command: Option<&str>,
    retention: SignedDuration,
) -> Result<Vec<LikeEvent>, LeftBecause> {
    let bytes = message.bytes()?;
    let bytes = match command {
        Some(command) => repair(command, &bytes).await?,
        None => bytes,
    };
    Ok(read_likes(&bytes, retention, Timestamp::now())?)
}
