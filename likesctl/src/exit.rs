//! Exit codes.

use std::process::ExitCode;

/// How a command ends. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well: 0.
    Fine,
    /// The command did its work and found something wrong with the stack, or left something undone: 1.
    Wrong,
    /// The command could not do its work: 2.
    Failed,
    /// There was nothing to judge: 3.
    NothingJudged,
    /// The user interrupted the command: 130, as a shell has it for Ctrl-C.
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Wrong => 1,
            Exit::Failed => 2,
            Exit::NothingJudged => 3,
            Exit::Interrupted => 130,
        })
    }
}
