//! Kills processes of the local stack.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Stack;

/// The processes of a local stack that run the same program.
#[derive(Debug)]
pub struct Processes {
    /// The program's file name.
    program: &'static str,
    /// The endpoint at which the processes call AWS.
    endpoint: String,
}

impl Processes {
    /// The processes that run functions.
    ///
    /// # Panics
    /// If the stack has no proxy, since its address identifies the stack's processes.
    #[must_use]
    pub fn of_functions(stack: &Stack) -> Self {
        let faults = stack.outputs.faults_url.as_deref().expect("the stack has a proxy");
        let endpoint = faults.strip_suffix("/_microburst").expect("is the proxy's").to_owned();
        Self { program: "bootstrap", endpoint }
    }

    /// The process of the event source mapping.
    ///
    /// # Panics
    /// If the stack is not local.
    #[must_use]
    pub fn of_mapping(stack: &Stack) -> Self {
        let endpoint = stack.outputs.endpoint_url.clone().expect("the stack is local");
        Self { program: "event-source-mapping", endpoint }
    }

    /// The process of the delivery stream, which writes the archive.
    ///
    /// # Panics
    /// If the stack is not local.
    #[must_use]
    pub fn of_delivery(stack: &Stack) -> Self {
        Self { program: "delivery-stream", ..Self::of_mapping(stack) }
    }

    /// Kills them with SIGKILL, and returns their number.
    ///
    /// # Panics
    /// If the machine's processes cannot be listed.
    #[must_use]
    pub fn kill(&self) -> usize {
        self.signal(Signal::KILL)
    }

    /// Stops them, until they are continued. Returns their number.
    ///
    /// # Panics
    /// If the machine's processes cannot be listed.
    #[must_use]
    pub fn stop(&self) -> usize {
        self.signal(Signal::STOP)
    }

    /// Continues them after a stop, and returns their number.
    ///
    /// # Panics
    /// If the machine's processes cannot be listed.
    #[must_use]
    pub fn resume(&self) -> usize {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> usize {
        let processes = fs::read_dir("/proc").expect("this is Linux");
        let found = processes.filter_map(|process| self.id(&process.ok()?.path()));
        found.filter(|id| kill_process(*id, signal).is_ok()).count()
    }

    /// The process's id, if it is one of these processes.
    fn id(&self, process: &Path) -> Option<Pid> {
        let id = Pid::from_raw(process.file_name()?.to_str()?.parse().ok()?)?;
        let program: PathBuf = fs::read_link(process.join("exe")).ok()?;
        let environment = fs::read(process.join("environ")).ok()?;
        let endpoint = format!("AWS_ENDPOINT_URL={}", self.endpoint);
        let is_of_stack =
            environment.split(|byte| *byte == 0).any(|variable| variable == endpoint.as_bytes());
        (program.file_name()? == self.program && is_of_stack).then_some(id)
    }
}
