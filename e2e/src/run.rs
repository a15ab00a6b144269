//! Runs a program as a user would.

use std::process::{Command, Output};

use serde_json::Value;

/// A finished run of a program.
#[derive(Debug)]
pub struct Run(Output);

impl Run {
    /// Runs a program with these arguments in this process's environment, without standard input.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn of(program: &str, arguments: &[&str]) -> Self {
        Self(Command::new(program).args(arguments).output().expect("the program runs"))
    }

    /// The exit code; `None` if a signal ended the program.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    /// The one JSON document on standard output.
    ///
    /// # Panics
    /// If standard output is anything else.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Standard output.
    ///
    /// # Panics
    /// If it is not UTF-8.
    #[must_use]
    pub fn stdout(&self) -> &str {
        str::from_utf8(&self.0.stdout).expect("is UTF-8")
    }

    /// Standard error.
    ///
    /// # Panics
    /// If it is not UTF-8.
    #[must_use]
    pub fn stderr(&self) -> &str {
        str::from_utf8(&self.0.stderr).expect("is UTF-8")
    }
}
