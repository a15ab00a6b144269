//! A process that runs a function, as an execution environment of Lambda does.

use std::{
    fs,
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use bytes::Bytes;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::{process::Child, time::timeout};

use crate::{
    aws::Aws,
    cgroup::CpuShare,
    contender::{Contender, Program},
    cpu::Group,
    instructions::collected,
    runtime_api::{Answer, CallError, RuntimeApi},
};

/// The time limit of every call and of initialization. Lambda's for `UpdateCount` is set to 60 s.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The memory that a function is configured with, which decides its share of a CPU. Its memory is not limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memory {
    /// So much, and the share of a CPU that goes with it.
    Megabytes(u64),
    /// All CPUs of this machine.
    Unlimited,
}

/// Why a function could not be measured.
#[derive(Debug, Error)]
#[error("{contender}: {cause}{output}")]
pub struct Failure {
    contender: &'static str,
    cause: Cause,
    /// The end of what it printed.
    output: String,
}

#[derive(Debug, Error)]
enum Cause {
    #[error("{0}")]
    Start(#[from] io::Error),
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("it ended with {0}")]
    Ended(ExitStatus),
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    Late,
    #[error("an answer that is not a success: {0}")]
    Answer(String),
    #[error(
        "its runs opened other numbers of connections each time, last {0} and {1}, so they cannot be compared"
    )]
    Unsteady(u64, u64),
    #[error("Valgrind has counted nothing")]
    NoCount,
    #[error("{counted} likes are counted, but it was given {given}")]
    Miscounted { counted: u64, given: u64 },
}

impl Failure {
    /// Two runs whose instructions cannot be compared, by the connections that they opened.
    #[must_use]
    pub fn unsteady(contender: &Contender, [few, many]: [u64; 2]) -> Self {
        Self { contender: contender.name, cause: Cause::Unsteady(few, many), output: String::new() }
    }
}

/// A function's process and its Runtime API. Both end when it is dropped.
#[derive(Debug)]
pub struct Instance {
    contender: Contender,
    api: RuntimeApi,
    started_at: Instant,
    output: fs::File,
    child: Child,
    group: Group,
    /// Removed after the process has ended: fields are dropped in this order, after [`Drop::drop`].
    _share: Option<CpuShare>,
}

/// What it took to start.
#[derive(Debug, Clone, Copy)]
pub struct Init {
    /// From the start of the process until it asked for an event.
    pub wall: Duration,
    /// The CPU time until then.
    pub cpu: Duration,
}

impl Instance {
    /// Starts a program's `bootstrap`, or a `wrapper` with it as the last argument.
    ///
    /// # Errors
    /// [`Failure`] if it cannot be started.
    pub async fn start(
        program: &Program,
        memory: Memory,
        aws: &Aws,
        wrapper: &[String],
    ) -> Result<Self, Failure> {
        let contender = program.contender.clone();
        let started = async {
            let api = RuntimeApi::start().await?;
            let share = match memory {
                Memory::Megabytes(megabytes) => Some(CpuShare::of_memory(megabytes)?),
                Memory::Unlimited => None,
            };
            let output = tempfile::tempfile()?;
            let mut command = command(program, wrapper);
            command.env_clear().envs(environment(program, memory, aws, &api)).process_group(0);
            command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
            if let Some(share) = &share {
                enter(&mut command, share)?;
            }
            let started_at = Instant::now();
            let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
            let id = child.id().and_then(|id| i32::try_from(id).ok()).ok_or(io::ErrorKind::NotFound)?;
            let group = Group(Pid::from_raw(id));
            Ok::<_, io::Error>((api, started_at, output, child, group, share))
        };
        match started.await {
            Ok((api, started_at, output, child, group, share)) => {
                Ok(Self { contender, api, started_at, output, child, group, _share: share })
            }
            Err(error) => {
                Err(Failure { contender: contender.name, cause: Cause::Start(error), output: String::new() })
            }
        }
    }

    /// Waits until the process asks for its first event.
    ///
    /// # Errors
    /// [`Failure`] if it ends, reports an error or takes too long.
    pub async fn init(&mut self) -> Result<Init, Failure> {
        let ready = async {
            tokio::select! {
                ready = self.api.ready() => Ok(ready?),
                ended = self.child.wait() => Err(Cause::Ended(ended?)),
            }
        };
        let ready = timeout(TIMEOUT, ready).await.unwrap_or(Err(Cause::Late));
        let ready_at = ready.map_err(|cause| self.failure(cause))?;
        Ok(Init { wall: ready_at - self.started_at, cpu: self.cpu_time()? })
    }

    /// Has it handle an event. `is_success` judges the answer.
    ///
    /// # Errors
    /// [`Failure`] if it ends, reports an error or takes too long, or if its answer is not a success.
    pub async fn call(
        &mut self,
        event: Bytes,
        is_success: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Duration, Failure> {
        let answer = async {
            tokio::select! {
                answer = self.api.call(event, TIMEOUT) => Ok(answer?),
                ended = self.child.wait() => Err(Cause::Ended(ended?)),
            }
        };
        let answer = match timeout(TIMEOUT, answer).await.unwrap_or(Err(Cause::Late)) {
            Ok(Answer { body, .. }) if !is_success(&body) => {
                Err(Cause::Answer(String::from_utf8_lossy(&body).chars().take(500).collect()))
            }
            answer => answer,
        };
        answer.map(|answer| answer.took).map_err(|cause| self.failure(cause))
    }

    /// The CPU time that it has used.
    ///
    /// # Errors
    /// [`Failure`] if that cannot be read.
    pub fn cpu_time(&mut self) -> Result<Duration, Failure> {
        self.group.cpu_time().map_err(|error| self.failure(error.into()))
    }

    /// The most memory that it has had, in bytes.
    ///
    /// # Errors
    /// [`Failure`] if that cannot be read.
    pub fn peak_memory(&mut self) -> Result<u64, Failure> {
        self.group.peak_memory().map_err(|error| self.failure(error.into()))
    }

    /// Checks that it has counted all likes that it was given, each once.
    ///
    /// # Errors
    /// [`Failure`] if it has not.
    pub fn expect(&mut self, counted: u64, given: u64) -> Result<(), Failure> {
        if counted == given { Ok(()) } else { Err(self.failure(Cause::Miscounted { counted, given })) }
    }

    /// Ends it, and returns how many instructions it carried out, if it ran under Cachegrind.
    ///
    /// # Errors
    /// [`Failure`] if it does not end, or has printed no count.
    pub async fn instructions(mut self) -> Result<u64, Failure> {
        let _ = killpg(self.group.0, Signal::SIGTERM);
        match timeout(TIMEOUT, self.child.wait()).await {
            Ok(_) => collected(&self.printed(2000)).ok_or_else(|| self.failure(Cause::NoCount)),
            Err(_) => Err(self.failure(Cause::Late)),
        }
    }

    fn failure(&mut self, cause: Cause) -> Failure {
        let printed = self.printed(2000);
        let output = if printed.is_empty() { printed } else { format!("; it printed:\n{printed}") };
        Failure { contender: self.contender.name, cause, output }
    }

    /// The end of what it printed.
    fn printed(&mut self, most: u64) -> String {
        let mut printed = Vec::new();
        let read = self
            .output
            .seek(SeekFrom::End(0))
            .and_then(|length| self.output.seek(SeekFrom::Start(length.saturating_sub(most))))
            .and_then(|_| self.output.read_to_end(&mut printed));
        if let Err(error) = read {
            return format!("(its output could not be read: {error})");
        }
        String::from_utf8_lossy(&printed).into_owned()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = killpg(self.group.0, Signal::SIGKILL);
        // A process that was killed ends at once. Its control group can only be removed afterwards.
        let start = Instant::now();
        while let Ok(None) = self.child.try_wait()
            && start.elapsed() < Duration::from_secs(2)
        {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn command(program: &Program, wrapper: &[String]) -> Command {
    let bootstrap = program.directory.join("bootstrap");
    let mut command = match wrapper.split_first() {
        Some((wrapper, arguments)) => {
            let mut command = Command::new(wrapper);
            command.args(arguments).arg(bootstrap);
            command
        }
        None => Command::new(bootstrap),
    };
    command.current_dir(&program.directory);
    command
}

/// Has the process enter its control group before it runs the program, so that nothing of that is unlimited.
fn enter(command: &mut Command, share: &CpuShare) -> io::Result<()> {
    let entrance = share.entrance()?;
    // SAFETY: between fork and exec, this only calls `write`, which is safe after a fork.
    #[expect(unsafe_code, reason = "the standard library has no other way into a control group")]
    unsafe {
        command.pre_exec(move || (&entrance).write_all(b"0"));
    }
    Ok(())
}

/// The environment that Lambda gives a function, and the functions' own settings.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
fn environment(
    program: &Program,
    memory: Memory,
    aws: &Aws,
    api: &RuntimeApi,
) -> Vec<(&'static str, String)> {
    let megabytes = match memory {
        Memory::Megabytes(megabytes) => megabytes,
        Memory::Unlimited => 1769,
    };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut environment = vec![
        ("AWS_LAMBDA_RUNTIME_API", api.address().to_string()),
        ("LAMBDA_TASK_ROOT", text(&program.directory)),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes.to_string()),
        ("AWS_ENDPOINT_URL", aws.endpoint().to_owned()),
        ("QUARANTINE_QUEUE_URL", aws.queue_url().to_owned()),
    ];
    for name in ["SSL_CERT_FILE", "AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        environment.push((name, text(aws.certificate())));
    }
    let fixed = [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/24/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", "session"),
        ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
        ("STREAM_NAME", "likes"),
        ("LEDGER_TABLE", "ledger"),
        ("COUNTS_TABLE", "counts"),
        ("IDEMPOTENCY_TABLE", "idempotency"),
        ("CORS_ORIGINS", "*"),
    ];
    environment.extend(fixed.map(|(name, value)| (name, value.to_owned())));
    environment
}
