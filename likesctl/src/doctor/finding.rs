//! What a check found.

use serde::Serialize;

use crate::unread::Unread;

/// How a check ended, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Status {
    /// It is as it must be.
    Ok,
    /// Nobody knows: the check could not be carried out.
    NotChecked,
    /// Likes are safe, but something is not as it was deployed.
    Warning,
    /// Likes are late, or uncounted, or may be lost.
    Problem,
}

/// What a check found, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub status: Status,
    pub found: String,
    /// What to do; only if something is wrong.
    pub advice: Option<String>,
}

impl Finding {
    pub(super) fn ok(found: impl Into<String>) -> Self {
        Self { status: Status::Ok, found: found.into(), advice: None }
    }

    pub(super) fn not_checked(why: impl Into<String>) -> Self {
        Self { status: Status::NotChecked, found: why.into(), advice: None }
    }

    pub(super) fn warning(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    pub(super) fn problem(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status: Status::Problem, found: found.into(), advice: Some(advice.into()) }
    }
}

impl Unread {
    /// What it means for a check.
    pub(super) fn finding(self, repair: &str) -> Finding {
        match self {
            Self::Absent(_) => Finding::problem(self.to_string(), repair),
            Self::Unknown(why) => Finding::not_checked(why),
        }
    }
}

/// What is wrong; if nothing is, the one finding that all is well.
pub(super) fn or_ok(wrong: Vec<Finding>, fine: impl FnOnce() -> String) -> Vec<Finding> {
    if wrong.is_empty() { vec![Finding::ok(fine())] } else { wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_exist_is_a_problem_and_what_may_not_be_read_is_not_checked() {
        let absent = Unread::Absent("no such thing".into()).finding("deploy");
        assert_eq!(absent, Finding::problem("does not exist: no such thing", "deploy"));
        let denied = Unread::Unknown("denied".into()).finding("deploy");
        assert_eq!(denied, Finding::not_checked("denied"));
    }
}
