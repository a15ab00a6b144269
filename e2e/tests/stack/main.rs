//! Tests a stack from end to end: from the API and the stream to the counts, the archive and the quarantine.

#![cfg(test)]

mod archive;
mod counting;
mod delivery;
mod local_access;
mod permissions;
mod quarantine;
mod reads;
mod rejections;
mod traces;
mod transactions;
