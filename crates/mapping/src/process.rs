//! What the local stack's processes have in common: a log on standard output, and an error that ends them.

use std::{error::Error, io, process::ExitCode};

use tracing::Level;

use crate::call::chain;

/// Starts the log.
pub fn start_log() {
    tracing_subscriber::fmt().with_writer(io::stdout).with_max_level(Level::INFO).with_ansi(false).init();
}

/// The exit code of a process that has ended. An error is printed on standard error, with its causes.
#[must_use]
pub fn end(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
