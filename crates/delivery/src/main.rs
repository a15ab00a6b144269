//! Firehose for the local stack: a process that gathers the stream's records into compressed objects on S3, since the
//! emulator's own Firehose writes an object for each record.
//!
//! It is a [`Mapping`], with S3 in place of the function: it retries until S3 has a batch, and then saves a checkpoint.
//! Like Firehose, it [starts at `LATEST`][latest]: records that arrived before it was ready are not delivered, and each
//! record that arrives afterwards is delivered at least once, whenever the process is killed.
//!
//! [latest]: https://docs.aws.amazon.com/firehose/latest/dev/writing-with-kinesis-streams.html

mod destination;
mod error;
mod firehose;
mod object;
mod prefix;

use std::{error::Error, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use destination::Destination;
use firehose::Firehose;
use jiff::Timestamp;
use mapping::{Checkpoints, KinesisStream, Mapping, Position, Settings, call, process};
use prefix::Prefix;

/// The maximum number of records in an object. Firehose's limit is in bytes, which a local stack does not reach.
const MAX_RECORDS: usize = 10_000;

/// Writes the records of a stream to S3, as Firehose does, until it is stopped.
///
/// Endpoint, region and credentials come from the environment, as for any AWS client.
#[derive(Debug, Parser)]
struct Args {
    /// The delivery stream's name
    #[arg(long)]
    name: String,
    /// The ARN of the stream to read
    #[arg(long)]
    stream: String,
    /// The bucket to write to
    #[arg(long)]
    bucket: String,
    /// The prefix of the objects' keys, as Firehose takes it
    #[arg(long)]
    prefix: Prefix,
    /// How long to buffer records before they are written
    #[arg(long)]
    interval_seconds: u64,
    /// The file that keeps the checkpoints; after a restart, delivery resumes from them
    #[arg(long)]
    checkpoints: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    process::start_log();
    process::end(run(args).await)
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let Args { name, stream, bucket, prefix, interval_seconds, checkpoints } = args;
    let checkpoints = Checkpoints::open(checkpoints)?;
    let config = call::config().await;
    let stream = KinesisStream::new(&config, stream);
    let retention = stream.retention().await?;
    // Stored before the process says that it is ready: from then on it misses nothing, even if it is killed at once.
    let started = checkpoints.start(Timestamp::now())?;
    let settings = Settings {
        starting_position: Position::AtTimestamp(started),
        batch_size: MAX_RECORDS,
        window: Duration::from_secs(interval_seconds),
        parallelization_factor: 1,
        report_batch_item_failures: false,
        bisect: false,
        max_retries: None,
        max_age: None,
        retention,
    };
    let destination = Destination::new(&config, bucket, prefix, name);
    tracing::info!(?settings, "ready");
    Mapping::new(settings, Firehose { stream, destination, checkpoints }).run().await;
    Ok(())
}
