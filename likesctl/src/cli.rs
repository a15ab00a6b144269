//! The command line. Each command's arguments are with the command.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    backfill::Backfill, forget::Forget, load::Load, quarantine::Quarantine, rebuild::Rebuild, top::Top,
    verify::Verify,
};

/// The heading of the options that every command has.
const GLOBAL: &str = "Global options";

/// Operates a running Likestream.
///
/// Exits with 0 if all is well, 1 if something is wrong with the stack, 2 if the command could not do its work, 3 if there
/// was nothing to judge, and 130 if Ctrl-C stopped a load.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// The stack: local, or the name of a Pulumi stack [default: local]
    #[arg(long, global = true, value_name = "NAME", help_heading = GLOBAL)]
    pub stack: Option<String>,
    /// A file with the stack's outputs as JSON, instead of its name [env: LIKES_OUTPUTS]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "stack", help_heading = GLOBAL)]
    pub outputs: Option<PathBuf>,
    /// Print one JSON object, for scripts
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub json: bool,
    /// Do not ask before changing something
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub yes: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a stack, and say what is wrong and what to do
    ///
    /// Looks at every part of the stack and changes nothing. Exits with 1 if something is wrong; what may not be looked at
    /// is reported as not checked.
    Doctor,
    Top(Top),
    Verify(Verify),
    Rebuild(Rebuild),
    Backfill(Backfill),
    Forget(Forget),
    #[command(subcommand)]
    Quarantine(Quarantine),
    Load(Load),
    /// Print a completion script for a shell
    ///
    /// For bash: likesctl completions bash > ~/.local/share/bash-completion/completions/likesctl
    Completions {
        shell: Shell,
    },
    /// Print the manual page of likesctl, or of one of its commands
    ///
    /// To read it: likesctl man quarantine redrive | man -l -
    Man {
        /// The command, such as: quarantine redrive
        #[arg(value_name = "COMMAND")]
        path: Vec<String>,
    },
}

impl Command {
    /// Whether it draws on the terminal, where a line of the log would be in the way.
    pub(crate) fn draws(&self) -> bool {
        matches!(self, Self::Top(top) if top.draws())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
