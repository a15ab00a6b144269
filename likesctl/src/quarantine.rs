//! `likesctl quarantine`: what could not be counted, and what becomes of it.

use std::{io, process::Stdio};

use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use serde::Serialize;
use stack::Outputs;
use thiserror::Error;
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    cli::{self, Discard, Redrive},
    message::{Message, NotALike, read_likes},
    queue::{Queue, QueueError, Received},
    stream::{Stream, StreamError},
};

/// The quarantine could not be dealt with.
#[derive(Debug, Error)]
pub(crate) enum QuarantineError {
    #[error(transparent)]
    Queue(#[from] QueueError),
    #[error("the stream cannot be used; what was not put back is left in quarantine")]
    Stream(#[from] StreamError),
    #[error("a message cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// A record cannot be repaired by the command.
#[derive(Debug, Error)]
enum Unrepaired {
    #[error(transparent)]
    NotALike(#[from] NotALike),
    #[error("the repair command cannot be run: {0}")]
    Run(#[from] io::Error),
    #[error("the repair command failed: {0}")]
    Failed(String),
}

/// What became of a message, as a line of JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    message: &'a Message,
}

/// Carries out a command and says whether the quarantine holds nothing that it should not.
pub(crate) async fn run(
    outputs: &Outputs,
    command: &cli::Quarantine,
    json: bool,
) -> Result<bool, QuarantineError> {
    let config = outputs.sdk_config().await;
    let queue = Queue::new(aws_sdk_sqs::Client::new(&config), outputs.quarantine_queue_url.clone());
    match command {
        cli::Quarantine::List => list(&queue, json).await,
        cli::Quarantine::Redrive(args) => {
            let kinesis = aws_sdk_kinesis::Client::new(&config);
            redrive(&Stream::new(kinesis, outputs.stream_name.clone()), &queue, args, json).await
        }
        cli::Quarantine::Discard(args) => discard(&queue, args, json).await,
    }
}

async fn list(queue: &Queue, json: bool) -> Result<bool, QuarantineError> {
    let all = queue.receive_all().await?;
    for received in &all {
        tell(received, "in quarantine", None, json)?;
    }
    // Given back at the end, so that none was seen twice.
    for received in &all {
        queue.release(received).await?;
    }
    say(json, || format!("{} in quarantine", all.len()));
    Ok(true)
}

async fn discard(queue: &Queue, args: &Discard, json: bool) -> Result<bool, QuarantineError> {
    let (mut discarded, mut left) = (0, 0);
    for received in queue.receive_all().await? {
        if is_meant(&received.message, args) {
            queue.delete(&received).await?;
            tell(&received, "discarded", None, json)?;
            discarded += 1;
        } else {
            queue.release(&received).await?;
            left += 1;
        }
    }
    say(json, || format!("{discarded} discarded, {left} left"));
    Ok(true)
}

fn is_meant(message: &Message, args: &Discard) -> bool {
    let Discard { sequence_number, reason, all } = args;
    let has_number =
        |number: &String| matches!(message, Message::Record(record) if record.sequence_number == *number);
    *all || sequence_number.as_ref().is_some_and(has_number)
        || reason.as_ref().is_some_and(|reason| message.reason().contains(reason))
}

async fn redrive(
    stream: &Stream,
    queue: &Queue,
    args: &Redrive,
    json: bool,
) -> Result<bool, QuarantineError> {
    let retention = stream.retention().await?;
    let (mut put_back, mut left) = (0, 0);
    for received in queue.receive_all().await? {
        match repaired(&received.message, args.repair.as_deref(), retention).await {
            Ok(likes) if args.dry_run => {
                tell(&received, "would be put back", Some(keys(&likes)), json)?;
                queue.release(&received).await?;
                put_back += 1;
            }
            Ok(likes) => {
                for like in &likes {
                    stream.put(like).await?;
                }
                // Only what is on the stream again: if this fails it is there twice, which is counted once.
                queue.delete(&received).await?;
                tell(&received, "put back", Some(keys(&likes)), json)?;
                put_back += 1;
            }
            Err(why) => {
                tell(&received, "left", Some(why.to_string()), json)?;
                queue.release(&received).await?;
                left += 1;
            }
        }
    }
    let what = if args.dry_run { "would be put back" } else { "put back" };
    say(json, || format!("{put_back} {what}, {left} left"));
    Ok(left == 0)
}

/// The keys of a record's likes, for people.
fn keys(likes: &[LikeEvent]) -> String {
    likes.iter().map(|like| like.key().to_string()).collect::<Vec<_>>().join(", ")
}

/// The likes that a message's record holds, or holds after its repair.
async fn repaired(
    message: &Message,
    command: Option<&str>,
    retention: SignedDuration,
) -> Result<Vec<LikeEvent>, Unrepaired> {
    let bytes = message.bytes()?;
    let bytes = match command {
        Some(command) => repair(command, &bytes).await?,
        None => bytes,
    };
    Ok(read_likes(&bytes, retention, Timestamp::now())?)
}

/// Gives `bytes` to a shell command and returns what it prints.
async fn repair(command: &str, bytes: &[u8]) -> Result<Vec<u8>, Unrepaired> {
    let mut shell = Command::new("sh");
    let shell =
        shell.args(["-c", command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = shell.kill_on_drop(true).spawn()?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command may end without reading all of it.
            let _ = stdin.write_all(bytes).await;
        }
    };
    let (done, ()) = tokio::join!(child.wait_with_output(), write);
    let done = done?;
    if done.status.success() {
        Ok(done.stdout)
    } else {
        Err(Unrepaired::Failed(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
    }
}

fn tell(
    received: &Received,
    outcome: &str,
    why: Option<String>,
    json: bool,
) -> Result<(), serde_json::Error> {
    let message = &received.message;
    if json {
        println!("{}", serde_json::to_string(&Line { outcome, why, message })?);
        return Ok(());
    }
    let place = match message {
        Message::Record(record) => format!("{} {}", record.shard_id, record.sequence_number),
        Message::Expired { batch } => batch.to_string(),
        Message::Other(other) => other.to_string(),
    };
    let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
    println!("{outcome}{why}: {place}: {}", message.reason());
    if let Ok(bytes) = message.bytes() {
        println!("    {}", String::from_utf8_lossy(&bytes).trim_end().escape_debug());
    }
    Ok(())
}

/// Prints a line for people.
fn say(json: bool, line: impl FnOnce() -> String) {
    if !json {
        println!("{}", line());
    }
}
