//! `likesctl quarantine`: the records that can never be counted, and what becomes of them.

mod batch;
mod causes;
mod discard;
mod entry;
#[cfg(test)]
mod fake;
mod holds;
mod interrupt;
mod likes;
mod list;
mod message;
mod origin;
mod payload;
mod printable;
mod queue;
mod redrive;
mod repair;
mod report;
mod scan;
mod selection;

use std::io;

use aws_sdk_sqs::config::retry::RetryConfig;
use causes::with_causes;
use clap::Subcommand;
use discard::Discard;
use interrupt::{Interrupts, notice};
use jiff::Timestamp;
use list::List;
use queue::{Depth, Queue, QueueError};
use redrive::Redrive;
use report::QuarantineReport;
use scan::{MAX_HELD, Scan, Scanned, Stop};
use selection::Selection;
use stream::{PublishError, Stream};
use thiserror::Error;
use tokio::{pin, select};

use crate::{
    plural::plural,
    progress,
    retention::{Retention, RetentionError},
    target::{ConfirmError, Target},
};

/// How often a call is made in all. Redriving a large quarantine may exceed the stream's limit for a while.
const ATTEMPTS: u32 = 8;

/// List, redrive or discard quarantined records
///
/// While a command runs, it hides the messages that it has received from others, and it does not see those that others have
/// received.
#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// Show the quarantined records and why they are there
    List(List),
    /// Publish the likes in quarantined records again, all by default: repaired ones, or those of a version that was unknown
    ///
    /// What is redriven is deleted from the quarantine; the rest is left. Exits with 1 if something is left.
    Redrive(Redrive),
    /// Delete messages from the quarantine; the archive keeps the records
    Discard(Discard),
}

/// Why a command failed, or ended early.
#[derive(Debug, Error)]
pub(crate) enum QuarantineError {
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error(transparent)]
    Retention(#[from] RetentionError),
    #[error("the stream cannot be written")]
    Publish(#[from] PublishError),
    #[error("signals cannot be handled")]
    Signals(#[source] io::Error),
    #[error("interrupted; the messages that were held are released")]
    Interrupted,
    #[error("interrupted twice; messages stay hidden for up to 5 minutes")]
    NotReleased,
    #[error("no message matches: {0}")]
    NoMatch(String),
}

impl Quarantine {
    fn selection(&self) -> &Selection {
        match self {
            Self::List(List { selection })
            | Self::Redrive(Redrive { selection, .. })
            | Self::Discard(Discard { selection, .. }) => selection,
        }
    }

    /// What the command is about to change, if it changes something.
    fn change(&self, depth: Depth) -> Option<String> {
        let selection = self.selection();
        let which = if selection.is_narrow() {
            format!("messages{selection}, out of about {}", depth.visible)
        } else {
            format!("about {}", plural(depth.visible, "message"))
        };
        match self {
            Self::Redrive(Redrive { dry_run: false, .. }) => {
                Some(format!("redrive {which}: publish the likes again and delete the messages"))
            }
            Self::Discard(Discard { dry_run: false, .. }) => {
                Some(format!("discard {which}: delete them; the archive keeps the records"))
            }
            _ => None,
        }
    }
}

/// Lists, redrives or discards.
pub(crate) async fn run(
    target: &Target,
    command: &Quarantine,
    yes: bool,
) -> Result<QuarantineReport, QuarantineError> {
    let outputs = &target.outputs;
    let config = outputs.sdk_config().await.into_builder();
    let config = config.retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS)).build();
    let queue = Queue::new(aws_sdk_sqs::Client::new(&config), outputs.quarantine_queue_url.clone());
    let depth = queue.depth().await?;
    if let Some(change) = command.change(depth) {
        target.confirm(&change, yes).await?;
    }

    let stop = Stop::new();
    let progress = progress::bar(depth.visible, "{bar:40} {pos}/{len} messages {elapsed}");
    let scan = Scan { queue: &queue, stop: &stop, progress, max_held: MAX_HELD };
    let scanned = match command {
        Quarantine::List(list) => {
            interruptible(&stop, scan.run(depth, async |received| list.decide(received))).await?
        }
        Quarantine::Redrive(redrive) => {
            let kinesis = aws_sdk_kinesis::Client::new(&config);
            let retention = Retention::of(&kinesis, &outputs.stream_name).await?.period;
            let stream = Stream::new(kinesis, outputs.stream_name.clone());
            let decide = async |received| redrive.decide(received, &stream, retention, &stop).await;
            interruptible(&stop, scan.run(depth, decide)).await?
        }
        Quarantine::Discard(discard) => {
            interruptible(&stop, scan.run(depth, async |received| discard.decide(received))).await?
        }
    };
    report(command, depth, scanned, stop.into_inner())
}

/// Sets `stop` on the first signal to end, and gives up on the second.
async fn interruptible(stop: &Stop, scan: impl Future<Output = Scanned>) -> Result<Scanned, QuarantineError> {
    let mut interrupts = Interrupts::listen().map_err(QuarantineError::Signals)?;
    pin!(scan);
    select! {
        scanned = &mut scan => return Ok(scanned),
        () = interrupts.next() => {}
    }
    notice("interrupted: releasing messages; interrupt again to leave them hidden for up to 5 minutes");
    let _ = stop.set(QuarantineError::Interrupted);
    select! {
        scanned = scan => Ok(scanned),
        () = interrupts.next() => Err(QuarantineError::NotReleased),
    }
}

/// What came of a scan: a report, or an error if there is nothing to report.
fn report(
    command: &Quarantine,
    depth: Depth,
    scanned: Scanned,
    stopped: Option<QuarantineError>,
) -> Result<QuarantineReport, QuarantineError> {
    let Scanned { entries: mut messages, decided, is_full, not_released } = scanned;
    messages.sort_by(|a, b| (a.sent_at, &a.message_id).cmp(&(b.sent_at, &b.message_id)));
    let error = stopped.as_ref().map(with_causes);
    let report = QuarantineReport {
        messages,
        scanned: decided,
        in_flight: depth.in_flight,
        not_released: not_released.len(),
        complete: stopped.is_none() && !is_full,
        error,
        now: Timestamp::now(),
    };
    let must_match = command.selection().is_narrow() && !matches!(command, Quarantine::List(_));
    match stopped {
        _ if !report.messages.is_empty() || report.not_released > 0 => Ok(report),
        Some(error) => Err(error),
        None if must_match => {
            Err(QuarantineError::NoMatch(report.to_string().trim_end().replace('\n', "; ")))
        }
        None => Ok(report),
    }
}
