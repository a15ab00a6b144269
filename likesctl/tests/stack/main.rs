//! `likesctl` against a running stack.

#![cfg(test)]

#[path = "../athena/mod.rs"]
mod athena;
mod backfill;
mod discarded;
mod doctor;
mod forget;
#[path = "../harness/mod.rs"]
mod harness;
mod ledger;
mod load;
mod margin;
mod quarantine;
mod rebuild;
mod sql;
mod top;
mod verify;
