//! The stack from end to end: what goes in at the API comes out in the counts, the archive and the quarantine.

#![cfg(test)]

mod archive;
mod counting;
mod permissions;
mod quarantine;
mod reads;
mod refusals;
mod strangers;
mod transactions;
