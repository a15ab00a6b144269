//! Interrupting a command that holds messages.

use std::io::{self, Write};

use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
};

/// The signals that ask a process to end.
#[derive(Debug)]
pub(super) struct Interrupts {
    /// Ctrl-C.
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupts {
    /// From now on these signals do not end the process by themselves.
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    pub(super) async fn next(&mut self) {
        select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Prints a line on standard error, if that is still open.
pub(super) fn notice(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
