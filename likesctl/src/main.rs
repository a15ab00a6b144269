//! The command `likesctl`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    likesctl::main().await
}
