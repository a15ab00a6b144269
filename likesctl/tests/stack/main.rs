//! `likesctl` against a running stack.

#![cfg(test)]

#[path = "../athena/mod.rs"]
mod athena;
#[path = "../harness/mod.rs"]
mod harness;
mod load;
mod margin;
mod quarantine;
mod rebuild;
mod sql;
mod verify;
