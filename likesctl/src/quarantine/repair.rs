//! Repairs a record with a command that the user supplies.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use jiff::SignedDuration;
use rustix::process::{Pid, Signal, kill_process_group};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    time::timeout,
};

/// The most that a repair may print, in bytes: several times what is kept of a record.
const MAX_OUTPUT: usize = 1024 * 1024;
/// How much is kept of what a repair prints on standard error, in bytes: the end, where the error is.
const MAX_STDERR: usize = 1024;

/// A command that repairs records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repair<'a> {
    pub command: &'a str,
    pub timeout: SignedDuration,
}

/// The repair command did not repair a record.
#[derive(Debug, Error)]
pub(super) enum RepairError {
    #[error("the repair command could not be run: {0}")]
    Run(#[from] io::Error),
    #[error("the repair command timed out after {0:#}")]
    TimedOut(SignedDuration),
    #[error("the repair command failed ({0}){1}")]
    Failed(ExitStatus, Stderr),
    #[error("the repair command printed more than {MAX_OUTPUT} bytes")]
    TooLong,
}

/// The end of what a repair printed on standard error.
#[derive(Debug)]
pub(super) struct Stderr(Vec<u8>);

impl std::fmt::Display for Stderr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let start = if self.0.len() < MAX_STDERR { "" } else { "…" };
        match text.trim() {
            "" => Ok(()),
            text => write!(f, ": {start}{text}"),
        }
    }
}

/// A process and those that it started. They are killed when it is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // Usually they have ended by themselves.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Repair<'_> {
    /// Gives `bytes` to the command and returns what it prints.
    ///
    /// When this ends or is dropped, the command and the processes that it started are killed.
    pub(super) async fn run(&self, bytes: &[u8]) -> Result<Vec<u8>, RepairError> {
        let mut shell = Command::new("sh");
        shell.args(["-c", self.command]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A group of its own, so that all of it can be killed, and Ctrl-C is left to us.
        let child = shell.process_group(0).kill_on_drop(true).spawn()?;
        let _group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
        let limit: Duration = self.timeout.unsigned_abs();
        timeout(limit, converse(child, bytes)).await.unwrap_or(Err(RepairError::TimedOut(self.timeout)))
    }
}

async fn converse(mut child: Child, bytes: &[u8]) -> Result<Vec<u8>, RepairError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command may end without reading all of it.
            let _ = stdin.write_all(bytes).await;
        }
    };
    let (status, output, errors, ()) = tokio::join!(child.wait(), start(stdout), end(stderr), write);
    let (status, output, errors) = (status?, output?, errors?);
    if output.len() > MAX_OUTPUT {
        Err(RepairError::TooLong)
    } else if status.success() {
        Ok(output)
    } else {
        Err(RepairError::Failed(status, Stderr(errors)))
    }
}

/// Reads up to one byte more than allowed, and then closes the pipe.
async fn start(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(MAX_OUTPUT as u64 + 1).read_to_end(&mut start).await?;
    }
    Ok(start)
}

/// Reads everything, so that the command is not blocked, and returns the end.
async fn end(pipe: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut end = Vec::new();
    if let Some(mut pipe) = pipe {
        while pipe.read_buf(&mut end).await? > 0 {
            end.drain(..end.len().saturating_sub(MAX_STDERR));
        }
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    async fn run(command: &str, input: &[u8]) -> Result<Vec<u8>, String> {
        let repair = Repair { command, timeout: SignedDuration::from_secs(30) };
        repair.run(input).await.map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_command_gets_the_bytes_and_prints_the_repaired_ones() {
        assert_eq!(run("tr a b", b"\xffa\0").await, Ok(b"\xffb\0".to_vec()));
        let large = vec![b'x'; MAX_OUTPUT];
        assert_eq!(run("cat", &large).await, Ok(large));
        assert_eq!(run("echo done", &vec![b'x'; MAX_OUTPUT]).await, Ok(b"done\n".to_vec()));
    }

    #[tokio::test]
    async fn a_failure_has_the_exit_code_or_the_signal_and_the_end_of_standard_error() {
        for (command, error) in [
            ("exit 3", "the repair command failed (exit status: 3)"),
            ("echo one >&2; echo two >&2; exit 4", "the repair command failed (exit status: 4): one\ntwo"),
            ("kill -9 $$", "the repair command failed (signal: 9 (SIGKILL))"),
        ] {
            assert_eq!(run(command, b"").await, Err(error.to_owned()));
        }
        let error =
            run("head -c 100000 /dev/zero | tr '\\0' x >&2; echo end >&2; exit 1", b"").await.unwrap_err();
        let end = "x".repeat(1024 - "end\n".len()) + "end";
        assert_eq!(error, format!("the repair command failed (exit status: 1): …{end}"));
    }

    #[tokio::test]
    async fn endless_output_is_a_failure() {
        let error = run("yes", b"").await;
        assert_eq!(error, Err("the repair command printed more than 1048576 bytes".to_owned()));
    }

    /// Runs a command that would write a file after a second, in a background process, for `limit`. Returns its error, and
    /// whether it wrote the file.
    async fn run_slowly(timeout: SignedDuration, limit: Duration) -> (Option<String>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alive");
        let command = format!("(sleep 1; echo > '{}') & sleep 60", file.display());
        let run = tokio::time::timeout(limit, Repair { command: &command, timeout }.run(b"")).await;
        sleep(Duration::from_secs(2)).await;
        (run.ok().map(|ended| ended.unwrap_err().to_string()), file.exists())
    }

    #[tokio::test]
    async fn a_command_that_times_out_is_killed_with_its_children() {
        let (error, is_alive) = run_slowly(SignedDuration::from_millis(200), Duration::from_secs(30)).await;
        assert_eq!(error.as_deref(), Some("the repair command timed out after 200ms"));
        assert!(!is_alive);
    }

    #[tokio::test]
    async fn a_command_that_is_interrupted_is_killed_with_its_children() {
        let (error, is_alive) = run_slowly(SignedDuration::from_secs(30), Duration::from_millis(200)).await;
        assert_eq!(error, None);
        assert!(!is_alive);
    }
}
