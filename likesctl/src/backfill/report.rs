//! What a backfill found and wrote.

use std::{collections::BTreeMap, fmt};

use like::LikeEvent;
use serde::Serialize;

use super::search::Found;
use crate::{exit::Exit, plural::plural, report::Report};

/// What is missing, and what was written.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BackfillReport {
    #[serde(flatten)]
    pub(super) found: Found,
    /// Likes that the archive lacked.
    pub(super) missing: u64,
    /// In the order of their ids, without those that the archive has completely.
    pub(super) movies: Vec<Movie>,
    /// What was written; none without `--apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<Done>,
}

/// A movie with likes that the archive lacked.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Movie {
    pub movie_id: String,
    pub missing: u64,
}

/// What was written to the archive.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done {
    pub likes: u64,
    pub objects: u64,
}

impl Done {
    /// Adds an object with these likes.
    pub(super) fn add(&mut self, likes: &[LikeEvent]) {
        self.likes += likes.len() as u64;
        self.objects += 1;
    }
}

impl BackfillReport {
    /// A report of what was found and of how many likes of each movie are missing.
    pub(super) fn new(found: Found, missing: BTreeMap<String, u64>) -> Self {
        let movies: Vec<_> =
            missing.into_iter().map(|(movie_id, missing)| Movie { movie_id, missing }).collect();
        Self { found, missing: movies.iter().map(|movie| movie.missing).sum(), movies, done: None }
    }
}

impl Report for BackfillReport {
    fn exit(&self) -> Exit {
        let is_complete = self.missing == self.done.as_ref().map_or(0, |done| done.likes);
        if is_complete && self.found.malformed == 0 { Exit::Fine } else { Exit::Wrong }
    }
}

impl fmt::Display for BackfillReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found { entries, young, expired, malformed, read_units } = &self.found;
        let plural_entries = if *entries == 1 { "entry" } else { "entries" };
        writeln!(
            f,
            "{entries} {plural_entries} in the ledger, {young} too young to judge, {read_units} read units consumed"
        )?;
        if *expired > 0 {
            writeln!(f, "{} older than the archive keeps them: not judged", plural(*expired, "like"))?;
        }
        if *malformed > 0 {
            let items = plural(*malformed, "item");
            writeln!(f, "{items} of the ledger that are not the entry of a like; see the warnings above")?;
        }
        if self.missing == 0 {
            return writeln!(f, "The archive lacks no like that the ledger has.");
        }
        writeln!(f, "{:<64} {:>12}", "movie", "missing")?;
        for Movie { movie_id, missing } in &self.movies {
            writeln!(f, "{movie_id:<64} {missing:>12}")?;
        }
        let missing = plural(self.missing, "like");
        match &self.done {
            None => writeln!(
                f,
                "The archive lacks {missing}. Nothing was written. To write them: run this again with --apply."
            ),
            Some(Done { likes, objects }) => {
                writeln!(
                    f,
                    "Wrote {} to the archive, in {}.",
                    plural(*likes, "like"),
                    plural(*objects, "object")
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(missing: &[(&str, u64)], found: Found, done: Option<Done>) -> BackfillReport {
        let missing = missing.iter().map(|(movie, likes)| ((*movie).to_owned(), *likes)).collect();
        BackfillReport { done, ..BackfillReport::new(found, missing) }
    }

    #[test]
    fn it_ends_well_only_if_nothing_is_missing_any_more() {
        let missing = &[("a", 2), ("b", 1)][..];
        let done = |likes| Some(Done { likes, objects: 1 });
        for (missing, malformed, done, exit) in [
            (&[][..], 0, None, Exit::Fine),
            (&[], 1, None, Exit::Wrong),
            (missing, 0, None, Exit::Wrong),
            (missing, 0, done(2), Exit::Wrong),
            (missing, 0, done(3), Exit::Fine),
            (missing, 1, done(3), Exit::Wrong),
        ] {
            let report = report(missing, Found { malformed, ..Found::default() }, done);
            assert_eq!(report.exit(), exit, "{report:?}");
        }
    }

    #[test]
    fn it_says_what_is_missing_and_what_was_written() {
        let found = || Found { entries: 1502, young: 3, expired: 1, malformed: 0, read_units: 18.5 };
        let said = report(&[("a", 2)], found(), None).to_string();
        let lines: Vec<_> =
            said.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines,
            [
                "1502 entries in the ledger, 3 too young to judge, 18.5 read units consumed",
                "1 like older than the archive keeps them: not judged",
                "movie missing",
                "a 2",
                "The archive lacks 2 likes. Nothing was written. To write them: run this again with --apply.",
            ]
        );
        let said = report(&[("a", 2)], found(), Some(Done { likes: 2, objects: 1 })).to_string();
        assert_eq!(said.lines().last(), Some("Wrote 2 likes to the archive, in 1 object."));
        let said = report(&[], found(), None).to_string();
        assert_eq!(said.lines().last(), Some("The archive lacks no like that the ledger has."));
    }
}
