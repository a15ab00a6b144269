//! The manual pages: one for likesctl, one for each command.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;
use thiserror::Error;

use crate::cli::Cli;

/// A manual page cannot be printed.
#[derive(Debug, Error)]
pub(crate) enum ManualError {
    #[error("there is no command {0}; see likesctl --help")]
    NoCommand(String),
    #[error("the manual page cannot be written")]
    Write(#[from] io::Error),
}

/// Writes the page of the command at the end of `path`, such as `quarantine redrive`, as troff.
pub(crate) fn render(path: &[String], page: &mut impl Write) -> Result<(), ManualError> {
    let mut command = Cli::command();
    // So that each command knows its full name and the options that all commands have.
    command.build();
    for name in path {
        let found = command.find_subcommand(name).cloned();
        command = found.ok_or_else(|| ManualError::NoCommand(path.join(" ")))?;
    }
    Ok(Man::new(command).render(page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &[&str]) -> Result<String, ManualError> {
        let mut page = Vec::new();
        render(&path.iter().map(ToString::to_string).collect::<Vec<_>>(), &mut page)?;
        Ok(String::from_utf8(page).unwrap())
    }

    #[test]
    fn every_command_has_a_page() {
        for (path, option) in [
            (&[][..], "quarantine"),
            (&["verify"], "margin"),
            (&["quarantine"], "redrive"),
            (&["quarantine", "redrive"], "repair"),
        ] {
            let page = page(path).unwrap();
            let name = ["likesctl"].iter().chain(path).copied().collect::<Vec<_>>().join("\\-");
            assert!(page.contains(&name) && page.contains(option), "{path:?}: {page}");
        }
    }

    #[test]
    fn a_command_that_does_not_exist_has_none() {
        let error = page(&["quarantine", "release"]).unwrap_err();
        assert_eq!(error.to_string(), "there is no command quarantine release; see likesctl --help");
    }
}
