//! `likesctl quarantine`: the records that can never be counted, and what becomes of them.

mod batch;
mod causes;
mod discard;
mod discarded;
mod entry;
mod error;
#[cfg(test)]
mod fake;
mod handle;
mod holds;
mod interrupt;
mod likes;
mod list;
mod message;
mod not_redrivable;
mod origin;
mod payload;
mod queue;
mod redrive;
mod repair;
mod report;
mod scan;
mod selection;

use archive::Archive;
use aws_sdk_sqs::config::retry::RetryConfig;
use causes::with_causes;
use clap::Subcommand;
use discard::Discard;
use discarded::{Search, Sources};
use error::QuarantineError;
use holds::HIDDEN_MINUTES;
use interrupt::{Interrupts, notice};
use jiff::Timestamp;
use list::List;
use queue::{Depth, Queue};
use redrive::Redrive;
use report::QuarantineReport;
use scan::{MAX_HELD, Scan, Scanned, Stop};
use selection::Selection;
use tokio::{pin, select};

use crate::{ledger::Ledger, plural::plural, progress, target::Target};

/// How often a call is made in all. Redriving a large quarantine may exceed the stream's limit for a while.
const ATTEMPTS: u32 = 8;

/// List, redrive or discard quarantined records
///
/// SQS has no way to look at a message without receiving it. While a command runs, the messages that it has received are
/// hidden from others, and it does not see the messages that others have received; it reports how many those are. Memory
/// grows with the messages that are listed; redrive and discard do not keep their data.
#[derive(Debug, Subcommand)]
pub(crate) enum Quarantine {
    /// Show the quarantined records and why they are there
    List(List),
    /// Publish the likes of quarantined records again, and delete the messages
    ///
    /// A record is redriven if each of its lines is a like: since UpdateCount knows its version, or once --repair has
    /// repaired it. Records that Lambda discarded are put on the stream again while they are on it; later, the likes of
    /// that time that the ledger lacks are published from the archive. What cannot be redriven is left in quarantine, and
    /// the exit code is 1. All messages are redriven unless some are selected.
    Redrive(Redrive),
    /// Delete messages from the quarantine; the archive keeps the records
    Discard(Discard),
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
            Self::Redrive(Redrive { dry_run: false, .. }) => Some(format!(
                "redrive {which}: publish the likes again, from the archive if need be, and delete the messages"
            )),
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
    let progress = progress::bar(depth.visible, "{bar:40} {pos}/{len} messages {elapsed} {msg}");
    let scan = Scan { queue: &queue, stop: &stop, progress, max_held: MAX_HELD };
    let scanned = match command {
        Quarantine::List(list) => {
            interruptible(&stop, scan.run(depth, async |received| list.decide(received))).await?
        }
        Quarantine::Redrive(redrive) => {
            let archive = Archive::new(outputs.s3(&config), outputs.archive_bucket.clone());
            let dynamodb = aws_sdk_dynamodb::Client::new(&config);
            let ledger = Ledger::new(dynamodb, outputs.ledger_table.clone());
            let search = Search::new(archive, ledger, scan.progress.clone());
            let sources = Sources::of(outputs, aws_sdk_kinesis::Client::new(&config), search).await?;
            let decide = async |received| redrive.decide(received, &sources, &stop).await;
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
    notice(&format!(
        "interrupted: releasing messages; interrupt again to leave them hidden for up to {HIDDEN_MINUTES} minutes"
    ));
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
        None if must_match => Err(QuarantineError::NoMatch(report.no_match())),
        None => Ok(report),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use entry::{Entry, Outcome};
    use queue::Received;

    use super::*;
    use crate::{exit::Exit, report::Report};

    #[derive(Parser)]
    struct CommandLine {
        #[command(subcommand)]
        command: Quarantine,
    }

    fn command(line: &str) -> Quarantine {
        CommandLine::parse_from(format!("quarantine {line}").split(' ')).command
    }

    #[test]
    fn a_change_names_the_messages_and_what_becomes_of_them() {
        let change = |line| command(line).change(Depth { visible: 12, in_flight: 0 });
        for (line, expected) in [
            (
                "redrive",
                "redrive about 12 messages: publish the likes again, from the archive if need be, and delete the messages",
            ),
            (
                "redrive --sequence-number 7",
                "redrive messages with the sequence number 7, out of about 12: publish the likes again, from the archive if need be, and delete the messages",
            ),
            ("discard --all", "discard about 12 messages: delete them; the archive keeps the records"),
            (
                "discard --reason version",
                "discard messages with \"version\" in the reason, out of about 12: delete them; the archive keeps the records",
            ),
        ] {
            assert_eq!(change(line).as_deref(), Some(expected));
        }
        for line in ["list", "redrive --dry-run", "discard --all --dry-run"] {
            assert_eq!(change(line), None, "{line}");
        }
    }

    /// What comes of a scan of two messages that reports on `reported` of them: the exit code, or the error.
    fn ended(line: &str, reported: usize, stopped: Option<QuarantineError>) -> Result<Exit, String> {
        let entry = |id| {
            let message = message::Message::read("hello");
            let received = Received { id, receipt: String::new(), sent_at: None, message };
            Entry::new(Outcome::Listed, received)
        };
        let entries = (0..reported).map(|id| entry(id.to_string())).collect();
        let scanned = Scanned { entries, decided: 2, is_full: false, not_released: vec![] };
        let ended = report(&command(line), Depth { visible: 2, in_flight: 0 }, scanned, stopped);
        ended.map(|report| report.exit()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_selection_that_matches_nothing_is_an_error_for_redrive_and_discard() {
        let no_match = Err("no message matches: 2 messages scanned".to_owned());
        for line in ["redrive --reason x", "discard --reason x", "discard --sequence-number 1 --dry-run"] {
            assert_eq!(ended(line, 0, None), no_match, "{line}");
            assert_eq!(ended(line, 1, None), Ok(Exit::Fine), "{line}");
        }
        for line in ["redrive", "redrive --all", "discard --all", "list", "list --reason x"] {
            assert_eq!(ended(line, 0, None), Ok(Exit::Fine), "{line}");
        }
    }

    #[test]
    fn what_was_done_before_an_early_end_is_reported() {
        let interrupted = || Some(QuarantineError::Interrupted);
        assert_eq!(ended("discard --all", 1, interrupted()), Ok(Exit::Failed));
        let error = "interrupted; the messages that were held are released";
        assert_eq!(ended("discard --all", 0, interrupted()), Err(error.to_owned()));
    }
}
