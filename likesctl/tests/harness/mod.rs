//! Runs `likesctl` as its user does.

use e2e::Run;

/// Runs `likesctl` with these arguments. What it needs of the environment, such as `LIKES_OUTPUTS`, it inherits.
pub(crate) fn likesctl(arguments: &[&str]) -> Run {
    Run::of(env!("CARGO_BIN_EXE_likesctl"), arguments)
}
