//! What a command prints in the end.

use std::{
    fmt::Display,
    io::{self, Write},
};

use serde::Serialize;

use crate::exit::Exit;

/// What came of a command: as text for a person, as one object of JSON for a script.
pub(crate) trait Report: Display + Serialize {
    /// How the command ends.
    fn exit(&self) -> Exit;

    /// Prints the report on standard output. A reader that closes it early, such as `head`, is no error.
    fn emit(&self, json: bool) -> io::Result<Exit> {
        let text = if json { serde_json::to_string(self)? + "\n" } else { self.to_string() };
        match io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(self.exit()),
        }
    }
}
