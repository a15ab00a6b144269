//! Repairing a record with a command of the user's.

use std::{io, process::Stdio};

use thiserror::Error;
use tokio::{io::AsyncWriteExt, process::Command};

/// The repair command did not repair a record.
#[derive(Debug, Error)]
pub(super) enum RepairError {
    #[error("the repair command cannot be run: {0}")]
    Run(#[from] io::Error),
    #[error("the repair command failed: {0}")]
    Failed(String),
}

/// Gives `bytes` to a shell command and returns what it prints.
pub(super) async fn repair(command: &str, bytes: &[u8]) -> Result<Vec<u8>, RepairError> {
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
        Err(RepairError::Failed(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
    }
}
