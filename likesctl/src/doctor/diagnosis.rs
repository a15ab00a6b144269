//! What all checks found.

use std::fmt;

use serde::Serialize;

use super::finding::{Finding, Status};
use crate::{exit::Exit, plural::plural, report::Report};

/// A finding and the check that found it.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    pub check: &'static str,
    #[serde(flatten)]
    pub finding: Finding,
}

/// What all checks found.
#[derive(Debug, Serialize)]
pub(crate) struct Diagnosis {
    /// The worst of all; not checked only if nothing was.
    result: Status,
    /// In the order of the checks, at least one of each.
    checks: Vec<Check>,
}

impl Diagnosis {
    pub(super) fn new(checks: Vec<Check>) -> Self {
        let checked = checks.iter().map(|check| check.finding.status).filter(|s| *s != Status::NotChecked);
        Self { result: checked.max().unwrap_or(Status::NotChecked), checks }
    }

    fn number_of(&self, status: Status) -> u64 {
        self.checks.iter().map(|check| u64::from(check.finding.status == status)).sum()
    }
}

impl Report for Diagnosis {
    fn exit(&self) -> Exit {
        match self.result {
            Status::Ok => Exit::Fine,
            Status::Warning | Status::Problem => Exit::Wrong,
            Status::NotChecked => Exit::Failed,
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { check, finding } in &self.checks {
            let status = match finding.status {
                Status::Ok => "ok",
                Status::NotChecked => "not checked",
                Status::Warning => "warning",
                Status::Problem => "problem",
            };
            writeln!(f, "{status:<12} {check:<11} {}", printable(&finding.found))?;
            if let Some(advice) = &finding.advice {
                writeln!(f, "{:24} -> {}", "", printable(advice))?;
            }
        }
        let last = match self.result {
            Status::Ok => "All is well".to_owned(),
            Status::NotChecked => "Nothing could be checked".to_owned(),
            Status::Warning | Status::Problem => {
                let numbers = [(Status::Problem, "problem"), (Status::Warning, "warning")];
                let counted = numbers.map(|(status, noun)| (self.number_of(status), noun));
                let named = counted.iter().filter(|(number, _)| *number > 0);
                named.map(|(number, noun)| plural(*number, noun)).collect::<Vec<_>>().join(", ")
            }
        };
        match self.number_of(Status::NotChecked) {
            0 => writeln!(f, "{last}."),
            _ if self.result == Status::NotChecked => writeln!(f, "{last}."),
            number => writeln!(f, "{last}; {number} not checked."),
        }
    }
}

/// A text on one line that sends a terminal nothing but text, whatever AWS says.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diagnosis(findings: &[Finding]) -> Diagnosis {
        let checks = findings.iter().cloned().map(|finding| Check { check: "stream", finding });
        Diagnosis::new(checks.collect())
    }

    #[test]
    fn the_worst_finding_is_the_result_and_decides_the_exit_code() {
        let ok = Finding::ok("active");
        let [warning, problem] = [Finding::warning("a", "b"), Finding::problem("a", "b")];
        let unknown = Finding::not_checked("denied");
        for (findings, result, exit) in [
            (vec![ok.clone()], Status::Ok, Exit::Fine),
            (vec![unknown.clone(), ok.clone()], Status::Ok, Exit::Fine),
            (vec![unknown.clone(), warning.clone()], Status::Warning, Exit::Wrong),
            (vec![problem, ok, warning], Status::Problem, Exit::Wrong),
            (vec![unknown], Status::NotChecked, Exit::Failed),
        ] {
            let diagnosis = diagnosis(&findings);
            assert_eq!((diagnosis.result, diagnosis.exit()), (result, exit), "{findings:?}");
        }
    }

    #[test]
    fn a_person_reads_what_was_found_and_what_to_do() {
        let findings = [
            Finding::ok("active"),
            Finding::problem("off\x1b[2J", "turn it on"),
            Finding::warning("a", "b"),
            Finding::not_checked("denied"),
        ];
        let text = "ok           stream      active
problem      stream      off [2J
                         -> turn it on
warning      stream      a
                         -> b
not checked  stream      denied
1 problem, 1 warning; 1 not checked.
";
        assert_eq!(diagnosis(&findings).to_string(), text);
    }

    #[test]
    fn the_last_line_says_whether_all_is_well() {
        let last = |findings: &[Finding]| diagnosis(findings).to_string().lines().last().unwrap().to_owned();
        assert_eq!(last(&[Finding::ok("a")]), "All is well.");
        let partly = [Finding::ok("a"), Finding::not_checked("b")];
        assert_eq!(last(&partly), "All is well; 1 not checked.");
        assert_eq!(last(&[Finding::not_checked("b")]), "Nothing could be checked.");
    }

    #[test]
    fn a_script_reads_one_list() {
        let diagnosis = diagnosis(&[Finding::ok("active"), Finding::problem("off", "turn it on")]);
        let expected = json!({"result": "problem", "checks": [
            {"check": "stream", "status": "ok", "found": "active", "advice": null},
            {"check": "stream", "status": "problem", "found": "off", "advice": "turn it on"},
        ]});
        assert_eq!(serde_json::to_value(&diagnosis).unwrap(), expected);
    }
}
