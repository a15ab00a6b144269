//! The local stack's event source mapping: a process that delivers the stream's records to the function as AWS would.
//! The emulator's own mapping ignores reported failures and considers such a batch done.
//!
//! The process reads its settings from a mapping in the emulator, which is disabled so that the emulator does not
//! deliver as well.

mod aws;
mod destination;
mod source;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use mapping::{Checkpoints, Mapping, call, process};

use crate::{
    aws::{Aws, Names},
    source::Source,
};

/// Delivers a stream's records to a function, with the settings of a mapping, until the process is ended.
///
/// Endpoint, region and credentials come from the environment, as for any AWS client.
#[derive(Debug, Parser)]
struct Args {
    /// The mapping's UUID
    #[arg(long)]
    mapping: String,
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
    let checkpoints = Checkpoints::open(args.checkpoints)?;
    let config = call::config().await;
    let Source { settings, stream, function_arn, destination } = Source::find(&config, &args.mapping).await?;
    let services =
        Aws::new(&config, stream, Names { mapping: args.mapping, function_arn }, destination, checkpoints);
    tracing::info!(?settings, "ready");
    Mapping::new(settings, services).run().await;
    Ok(())
}
