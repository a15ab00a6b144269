//! The stack that a command works on.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use aws_sdk_sts::{Client, error::SdkError, operation::get_caller_identity::GetCallerIdentityError};
use stack::{Outputs, OutputsError};
use thiserror::Error;
use tokio::process::Command;

/// Where the local stack leaves its outputs, from the project's folder.
const LOCAL: &str = ".local/outputs.json";
/// The variable that names a file of outputs, for a shell that works on one stack.
const OUTPUTS_VARIABLE: &str = "LIKES_OUTPUTS";

/// A stack, found by its outputs.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// What the user calls it.
    pub name: String,
    pub outputs: Outputs,
}

/// The stack cannot be found.
#[derive(Debug, Error)]
pub(crate) enum FindError {
    #[error("no local stack runs here; start one: ./justw local-up")]
    NoLocalStack,
    #[error("the outputs cannot be read")]
    Read(#[from] OutputsError),
    #[error("the Pulumi CLI cannot be run; install it: https://www.pulumi.com/docs/iac/download-install/")]
    NoPulumi(#[source] io::Error),
    #[error("Pulumi does not know the outputs of the stack {0}: {1}")]
    Pulumi(String, String),
    #[error("the stack {0} is not a Likestream")]
    Incomplete(String, #[source] serde_json::Error),
}

/// The stack must not be changed.
#[derive(Debug, Error)]
pub(crate) enum ConfirmError {
    #[error("AWS does not say whose credentials these are")]
    Identity(#[from] Box<SdkError<GetCallerIdentityError>>),
    #[error("the credentials belong to the account {actual}, but the stack is in {expected}")]
    OtherAccount { actual: String, expected: String },
    #[error("nothing was changed; pass --yes to change a stack on AWS from a script")]
    NotATerminal,
    #[error("nothing was changed")]
    Declined,
    #[error("the answer cannot be read")]
    Answer(#[from] io::Error),
}

impl Target {
    /// Finds a stack by its name or by a file of its outputs; if neither is given, by `LIKES_OUTPUTS`, or else the local
    /// stack.
    pub(crate) async fn find(stack: Option<&str>, outputs: Option<&Path>) -> Result<Self, FindError> {
        let variable = || env::var_os(OUTPUTS_VARIABLE).filter(|file| !file.is_empty()).map(PathBuf::from);
        match (stack, outputs) {
            (_, Some(file)) => Self::of_file(file),
            (None, None) => match variable() {
                Some(file) => Self::of_file(&file),
                None => Self::local(),
            },
            (Some("local"), None) => Self::local(),
            (Some(stack), None) => Self::of_pulumi(stack).await,
        }
    }

    fn of_file(file: &Path) -> Result<Self, FindError> {
        Ok(Self { name: file.display().to_string(), outputs: Outputs::read(file)? })
    }

    fn local() -> Result<Self, FindError> {
        let file = Path::new(LOCAL);
        if !file.exists() {
            return Err(FindError::NoLocalStack);
        }
        Ok(Self { name: "local".to_owned(), outputs: Outputs::read(file)? })
    }

    async fn of_pulumi(stack: &str) -> Result<Self, FindError> {
        let arguments = ["stack", "output", "--json", "--stack", stack];
        let done = Command::new("pulumi").args(arguments).output().await.map_err(FindError::NoPulumi)?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr).trim().to_owned();
            return Err(FindError::Pulumi(stack.to_owned(), said));
        }
        let outputs = serde_json::from_slice(&done.stdout)
            .map_err(|error| FindError::Incomplete(stack.to_owned(), error))?;
        Ok(Self { name: stack.to_owned(), outputs })
    }

    /// Whether the stack runs on this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.outputs.endpoint_url.is_some()
    }

    /// Names the stack and `change`, which is about to be made to it, and asks a person whether to go on.
    ///
    /// A script has to say `yes`, unless the stack is local. Credentials of another account than the stack's are
    /// rejected: tables of the same names may be there.
    pub(crate) async fn confirm(&self, change: &str, yes: bool) -> Result<(), ConfirmError> {
        let sts = Client::new(&self.outputs.sdk_config().await);
        let identity = sts.get_caller_identity().send().await.map_err(Box::new)?;
        let actual = identity.account.unwrap_or_default();
        if let Some(expected) = self.outputs.account()
            && expected != actual
        {
            return Err(ConfirmError::OtherAccount { actual, expected: expected.to_owned() });
        }
        eprintln!("stack {}, account {actual}, region {}: {change}", self.name, self.outputs.region);
        if yes || (self.is_local() && !io::stdin().is_terminal()) {
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(ConfirmError::NotATerminal);
        }
        eprint!("Go on? [y/N] ");
        io::stderr().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(ConfirmError::Declined),
        }
    }
}
