//! The margin of the tests.

use std::{env, path::Path};

use jiff::SignedDuration;
use stack::Outputs;

/// The shortest margin that the stack allows.
pub(crate) fn shortest_margin() -> SignedDuration {
    let file = env::var_os("LIKES_OUTPUTS").expect("LIKES_OUTPUTS is set");
    let outputs = Outputs::read(Path::new(&file)).expect("holds the stack's outputs");
    SignedDuration::from_secs(outputs.archive_buffer_seconds.into())
}
