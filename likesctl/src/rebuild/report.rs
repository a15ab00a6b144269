//! What a rebuild found and did.

use std::fmt;

use serde::Serialize;

use super::repair::{Repair, describe};
use crate::{exit::Exit, plural::plural, report::Report};

/// What is wrong, and what was done about it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RebuildReport {
    /// What was done; none without `--apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<Done>,
    /// In the order of their ids, without those that are right.
    pub(super) movies: Vec<Repair>,
    /// What is wrong after the repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) open: Option<Vec<Repair>>,
}

/// What a repair wrote.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done {
    /// Likes added to the ledger and the counts.
    pub added: u64,
    /// Likes entered into the ledger alone.
    pub entered: u64,
    /// Counts raised.
    pub raised: u64,
}

impl RebuildReport {
    /// Whether nothing is wrong any more.
    fn is_right(&self) -> bool {
        match &self.open {
            None => self.movies.is_empty(),
            Some(open) => open.is_empty() && self.movies.iter().all(|movie| movie.plan.left.is_none()),
        }
    }
}

impl Report for RebuildReport {
    fn exit(&self) -> Exit {
        if self.is_right() { Exit::Fine } else { Exit::Wrong }
    }
}

impl fmt::Display for RebuildReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.movies.is_empty() {
            return writeln!(f, "The counts and the ledger agree with the archive.");
        }
        write_movies(f, &self.movies)?;
        let (Some(done), Some(open)) = (&self.done, &self.open) else {
            return writeln!(f, "Nothing was changed. To repair: run this again with --apply.");
        };
        if !open.is_empty() {
            writeln!(f, "Still open:")?;
            write_movies(f, open)?;
        }
        let Done { added, entered, raised } = done;
        let (added, entered, raised) =
            (plural(*added, "like"), plural(*entered, "like"), plural(*raised, "count"));
        let state = if self.is_right() { "Nothing is open." } else { "Run this again later." };
        writeln!(f, "Added {added}, entered {entered} into the ledger alone, raised {raised}. {state}")
    }
}

fn write_movies(f: &mut fmt::Formatter<'_>, movies: &[Repair]) -> fmt::Result {
    writeln!(f, "{:<64} {:>12} {:>12}  repair", "movie", "archived", "counted")?;
    for Repair { movie_id, archived, counted, plan, .. } in movies {
        writeln!(f, "{movie_id:<64} {archived:>12} {counted:>12}  {}", describe(plan))?;
    }
    Ok(())
}
