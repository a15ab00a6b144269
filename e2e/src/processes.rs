//! The processes of the local stack, to be killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Stack;

/// Processes of the local stack of one kind.
#[derive(Debug)]
pub struct Processes {
    /// How the program's file is named.
    program: &'static str,
    /// Where the process calls AWS.
    endpoint: String,
}

impl Processes {
    /// Those that run a function.
    ///
    /// # Panics
    /// If the stack has no proxy: only by its address are they known to be this stack's.
    #[must_use]
    pub fn of_functions(stack: &Stack) -> Self {
        let faults = stack.outputs.faults_url.as_deref().expect("the stack has a proxy");
        let endpoint = faults.strip_suffix("/_microburst").expect("is the proxy's").to_owned();
        Self { program: "bootstrap", endpoint }
    }

    /// The event source mapping.
    ///
    /// # Panics
    /// If the stack is not local.
    #[must_use]
    pub fn of_mapping(stack: &Stack) -> Self {
        let endpoint = stack.outputs.endpoint_url.clone().expect("the stack is local");
        Self { program: "event-source-mapping", endpoint }
    }

    /// The delivery stream's process, which writes the archive.
    ///
    /// # Panics
    /// If the stack is not local.
    #[must_use]
    pub fn of_delivery(stack: &Stack) -> Self {
        Self { program: "delivery-stream", ..Self::of_mapping(stack) }
    }

    /// Kills them, without a chance to finish anything, and says how many there were.
    ///
    /// # Panics
    /// If the processes of this machine cannot be listed.
    #[must_use]
    pub fn kill(&self) -> usize {
        let processes = fs::read_dir("/proc").expect("this is Linux");
        let found = processes.filter_map(|process| self.id(&process.ok()?.path()));
        found.filter(|id| kill_process(*id, Signal::KILL).is_ok()).count()
    }

    /// The process's id, if it is one of these.
    fn id(&self, process: &Path) -> Option<Pid> {
        let id = Pid::from_raw(process.file_name()?.to_str()?.parse().ok()?)?;
        let program: PathBuf = fs::read_link(process.join("exe")).ok()?;
        let environment = fs::read(process.join("environ")).ok()?;
        let endpoint = format!("AWS_ENDPOINT_URL={}", self.endpoint);
        let is_its = environment.split(|byte| *byte == 0).any(|variable| variable == endpoint.as_bytes());
        (program.file_name()? == self.program && is_its).then_some(id)
    }
}
