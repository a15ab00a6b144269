//! What was found of a user, and what was forgotten.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use super::search::Erased;
use crate::{exit::Exit, plural::plural, report::Report};

/// What was found of the user, what was forgotten, and what remains.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ForgetReport {
    /// Entries of the user in the ledger: likes in counts.
    pub(super) likes: u64,
    /// Lines of the archive that name the user.
    pub(super) lines: u64,
    /// Objects with such lines.
    pub(super) objects: u64,
    /// Versions with such lines that have been overwritten or deleted.
    pub(super) versions: u64,
    /// The read units that reading the ledger consumed.
    pub(super) read_units: f64,
    /// Messages in quarantine, which may name the user, approximately.
    pub(super) quarantined: u64,
    /// What is left as it is, in the order of the movies' ids.
    pub(super) left: Vec<Left>,
    /// After which nothing can be delivered again of what was found; none if that is so already.
    pub(super) run_again_after: Option<Timestamp>,
    /// None without `--apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) done: Option<Done>,
}

/// A movie of which the user's like is left as it is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Left {
    pub movie_id: String,
    pub why: Why,
}

/// Why a like is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Why {
    /// A copy of it may still be delivered, and the count would have it twice.
    OnStream,
    /// The count does not have the like: it is 0, missing or not a count.
    NoCount,
}

/// What was forgotten.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Done {
    pub likes: u64,
    pub lines: u64,
    pub objects: u64,
    pub versions: u64,
    /// Objects that were replaced in the meantime, and left alone.
    pub changed: u64,
}

impl Done {
    pub(super) fn add(&mut self, erased: Erased) {
        match erased {
            Erased::Lines(lines) => {
                self.lines += lines;
                self.objects += 1;
            }
            Erased::Version => self.versions += 1,
            Erased::Nothing => {}
            Erased::Changed => self.changed += 1,
        }
    }
}

impl ForgetReport {
    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.likes + self.lines + self.versions == 0
    }
}

impl Report for ForgetReport {
    fn exit(&self) -> Exit {
        match &self.done {
            Some(done) if done.changed > 0 || !self.left.is_empty() => Exit::Wrong,
            _ => Exit::Fine,
        }
    }
}

impl fmt::Display for ForgetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions = |number| plural(number, "older version");
        writeln!(
            f,
            "{} in the ledger; {} in {} and {} of the archive; {} read units consumed",
            plural(self.likes, "like"),
            plural(self.lines, "line"),
            plural(self.objects, "object"),
            versions(self.versions),
            self.read_units
        )?;
        for Left { movie_id, why } in &self.left {
            let why = match why {
                Why::OnStream => "a copy of it may still be delivered, and the count would have it twice",
                Why::NoCount => "the count does not have it; run likesctl rebuild first",
            };
            writeln!(f, "left: the like of {movie_id}: {why}")?;
        }
        match &self.done {
            _ if self.is_empty() => writeln!(f, "Neither the ledger nor the archive names the user.")?,
            None => {
                writeln!(f, "Nothing was changed. To forget the user: run this again with --apply.")?;
            }
            Some(Done { likes, lines, objects, versions: deleted, changed }) => {
                writeln!(
                    f,
                    "Forgot {}, erased {} in {}, deleted {}.",
                    plural(*likes, "like"),
                    plural(*lines, "line"),
                    plural(*objects, "object"),
                    versions(*deleted)
                )?;
                if *changed > 0 {
                    let objects = plural(*changed, "object");
                    writeln!(f, "{objects} changed in the meantime, so run this again.")?;
                }
            }
        }
        if let Some(time) = self.run_again_after {
            writeln!(f, "The stream may have copies until {time:.0}: run this again after that.")?;
        }
        if self.quarantined > 0 {
            let messages = plural(self.quarantined, "message");
            writeln!(f, "{messages} in quarantine may name the user. To see them: likesctl quarantine list")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left() -> Vec<Left> {
        vec![Left { movie_id: "m".into(), why: Why::OnStream }]
    }

    #[test]
    fn it_ends_well_unless_something_was_to_be_forgotten_and_is_left() {
        let exit = |done, left| ForgetReport { likes: 1, done, left, ..ForgetReport::default() }.exit();
        assert_eq!(exit(None, left()), Exit::Fine, "a dry run");
        assert_eq!(exit(Some(Done::default()), vec![]), Exit::Fine);
        assert_eq!(exit(Some(Done::default()), left()), Exit::Wrong);
        assert_eq!(exit(Some(Done { changed: 1, ..Done::default() }), vec![]), Exit::Wrong);
    }

    #[test]
    fn each_version_is_added_to_what_was_done() {
        let mut done = Done::default();
        for erased in [Erased::Lines(2), Erased::Lines(3), Erased::Version, Erased::Nothing, Erased::Changed]
        {
            done.add(erased);
        }
        assert_eq!(done, Done { likes: 0, lines: 5, objects: 2, versions: 1, changed: 1 });
    }

    #[test]
    fn a_person_reads_what_was_found_and_what_to_do_next() {
        let found = ForgetReport {
            likes: 2,
            lines: 3,
            objects: 1,
            versions: 1,
            read_units: 0.5,
            quarantined: 1,
            run_again_after: Some("2026-12-01T05:00:00.123Z".parse().unwrap()),
            ..ForgetReport::default()
        };
        assert_eq!(
            found.to_string(),
            "2 likes in the ledger; 3 lines in 1 object and 1 older version of the archive; 0.5 read units consumed\n\
             Nothing was changed. To forget the user: run this again with --apply.\n\
             The stream may have copies until 2026-12-01T05:00:00Z: run this again after that.\n\
             1 message in quarantine may name the user. To see them: likesctl quarantine list\n"
        );
        let done = Done { likes: 1, lines: 2, objects: 1, versions: 1, changed: 1 };
        let done =
            ForgetReport { done: Some(done), left: left(), run_again_after: None, quarantined: 0, ..found };
        assert_eq!(
            done.to_string().lines().skip(1).collect::<Vec<_>>(),
            [
                "left: the like of m: a copy of it may still be delivered, and the count would have it twice",
                "Forgot 1 like, erased 2 lines in 1 object, deleted 1 older version.",
                "1 object changed in the meantime, so run this again.",
            ]
        );
        let nothing = ForgetReport::default().to_string();
        assert!(nothing.ends_with("\nNeither the ledger nor the archive names the user.\n"), "{nothing}");
    }
}
