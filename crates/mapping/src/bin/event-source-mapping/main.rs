//! The event source mapping of the local stack: a process that delivers the stream's records to the function as AWS's
//! would, since the emulator's own takes a batch with reported failures for done.
//!
//! Its settings are those of a mapping that the emulator knows, and leaves alone because it is disabled.

mod aws;
mod destination;
mod source;

use std::{error::Error, io, path::PathBuf, process::ExitCode};

use clap::Parser;
use mapping::{Checkpoints, Mapping, call};
use tracing::Level;

use crate::{aws::Aws, source::Source};

/// Delivers a stream's records to a function, as a mapping says, until it is ended.
///
/// Endpoint, region and credentials are taken from the environment, as by any AWS client.
#[derive(Debug, Parser)]
struct Args {
    /// The mapping's UUID
    #[arg(long)]
    mapping: String,
    /// Where to remember how far each shard is done; a mapping that is started again goes on from there
    #[arg(long)]
    checkpoints: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    tracing_subscriber::fmt().with_writer(io::stdout).with_max_level(Level::INFO).with_ansi(false).init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", call::chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let checkpoints = Checkpoints::open(args.checkpoints)?;
    let config = call::config().await;
    let Source { settings, stream, function_arn, destination } = Source::find(&config, &args.mapping).await?;
    let host = Aws::new(&config, stream, function_arn, destination, checkpoints);
    tracing::info!(?settings, "ready");
    Mapping::new(settings, host).run().await;
    Ok(())
}
