//! Where a stack's outputs come from.

use std::{io, path::Path};

use stack::{Outputs, OutputsError};
use thiserror::Error;
use tokio::process::Command;

/// Where the local stack leaves its outputs, from the project's folder.
const LOCAL: &str = ".local/outputs.json";

/// A stack's outputs cannot be had.
#[derive(Debug, Error)]
pub(crate) enum FindError {
    #[error("no local stack runs here; start one with: just local-up")]
    NoLocalStack,
    #[error("the outputs cannot be read")]
    Read(#[from] OutputsError),
    #[error("the Pulumi CLI cannot be run; install it: https://www.pulumi.com/docs/iac/download-install/")]
    NoPulumi(#[source] io::Error),
    #[error("Pulumi does not tell the outputs of the stack {0}: {1}")]
    Pulumi(String, String),
    #[error("Pulumi's outputs of the stack {0} are not those of a Likestream")]
    Incomplete(String, #[source] serde_json::Error),
}

/// Finds the outputs in a file, or by the stack's name.
pub(crate) async fn find(stack: &str, file: Option<&Path>) -> Result<Outputs, FindError> {
    match (file, stack) {
        (Some(file), _) => Ok(Outputs::read(file)?),
        (None, "local") if !Path::new(LOCAL).exists() => Err(FindError::NoLocalStack),
        (None, "local") => Ok(Outputs::read(Path::new(LOCAL))?),
        (None, stack) => of_pulumi(stack).await,
    }
}

async fn of_pulumi(stack: &str) -> Result<Outputs, FindError> {
    let arguments = ["stack", "output", "--json", "--stack", stack];
    let done = Command::new("pulumi").args(arguments).output().await.map_err(FindError::NoPulumi)?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(FindError::Pulumi(stack.to_owned(), said));
    }
    serde_json::from_slice(&done.stdout).map_err(|error| FindError::Incomplete(stack.to_owned(), error))
}
