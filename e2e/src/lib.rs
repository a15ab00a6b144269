//! What the end-to-end tests use of a stack: its outputs, its API and clients for its AWS services. It works for any
//! stack, wherever it runs.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod api;
mod archive;
mod eventually;
mod fault;
mod faults;
mod movie;
mod processes;
mod run;
mod stack;

pub use api::{Api, Problem, new_key};
pub use eventually::{eventually, stays, within};
pub use fault::Fault;
pub use faults::Faults;
pub use movie::new_movie;
pub use processes::Processes;
pub use run::Run;
pub use stack::Stack;
