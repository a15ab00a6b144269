//! `likesctl quarantine discard`: deletes messages.

use clap::Args;

use super::{
    entry::{Entry, Outcome},
    queue::Received,
    scan::Decision,
    selection::Selection,
};

#[derive(Debug, Args)]
#[group(skip)]
#[command(mut_group("selection", |group| group.required(true)))]
pub(crate) struct Discard {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// Only report what would be discarded
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl Discard {
    pub(super) fn decide(&self, received: Received) -> Decision {
        if !self.selection.includes(&received.message) {
            Decision::Skip
        } else if self.dry_run {
            Decision::Keep(Entry::new(Outcome::WouldBeDiscarded, received))
        } else {
            Decision::Delete(Entry::new(Outcome::Discarded, received))
        }
    }
}
