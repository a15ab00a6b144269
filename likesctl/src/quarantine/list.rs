//! `likesctl quarantine list`: shows what is in quarantine.

use clap::Args;

use super::{
    entry::{Entry, Outcome},
    queue::Received,
    scan::Decision,
    selection::Selection,
};

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct List {
    #[command(flatten)]
    pub(super) selection: Selection,
}

impl List {
    pub(super) fn decide(&self, received: Received) -> Decision {
        if self.selection.includes(&received.message) {
            Decision::Keep(Entry::new(Outcome::Listed, received))
        } else {
            Decision::Skip
        }
    }
}
