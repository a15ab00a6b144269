//! Guards the numbers of instructions in `bench/instructions.json`.
//!
//! Counts depend on the architecture, on the compiler, on the C library, and on what Valgrind emulates. Those of other
//! ones are not compared, which is said.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, io, path::Path};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    aws::{Aws, Settings},
    contender::{CONTENDERS, Contender, Function, Kind, Program},
    instance::Failure,
    instructions, setting,
};

/// By how much a count may rise. Seeds of hash tables make it differ by up to 0.8 % between runs.
const TOLERANCE: f64 = 0.02;
/// The steps of counting a batch.
const STEPS: [&str; 3] = ["decode", "group", "plan"];
/// The program that carries them out.
const STEPS_OF_A_BATCH: Contender = Contender {
    name: "steps",
    function: Function::Update,
    kind: Kind::Floor,
    path: "target/lambda/steps/bootstrap.zip",
};
/// The likes of a batch of `UpdateCount`.
const LIKES: usize = 100;

/// The committed counts, by target.
type Recorded = BTreeMap<String, Counts>;

/// Counts of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Counts {
    /// What they depend on: names and versions.
    versions: BTreeMap<String, String>,
    /// By what was counted.
    instructions: BTreeMap<String, u64>,
}

/// Why instructions were not checked, or are not as recorded.
#[derive(Debug, Error)]
pub enum CheckError {
    /// A program could not be measured.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The committed counts are not JSON.
    #[error("bench/instructions.json: {0}")]
    Json(#[from] serde_json::Error),
    /// Valgrind counted nothing.
    #[error("the instructions of `{0}` could not be counted: {1}")]
    NotCounted(String, String),
    /// There are no counts to compare with.
    #[error("bench/instructions.json has no counts for {0}; record them with: ./justw bench-check --update")]
    NotRecorded(String),
    /// Counts have risen, or what is counted has changed.
    #[error(
        "more instructions than bench/instructions.json allows (2 %):\n{0}If that is the price of what the change does, record it with: ./justw bench-check --update"
    )]
    Changed(String),
}

/// Counts, and compares with what is committed, or records it. Returns what to print.
///
/// # Errors
/// [`CheckError`], also if counts have risen by more than the tolerance.
pub async fn check(root: &Path, update: bool) -> Result<String, CheckError> {
    let path = root.join("bench/instructions.json");
    let mut recorded: Recorded = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let target = format!("{}-{}", env::consts::ARCH, env::consts::OS);
    let versions = versions(root);
    let before = recorded.get(&target);
    let others = before.map(|before| differing(&before.versions, &versions)).unwrap_or_default();
    if !update && !others.is_empty() {
        return Ok(format!(
            "warning: instructions were NOT compared with bench/instructions.json: {}. Where that is what the project is \
             built with now, record them with: ./justw bench-check --update\n",
            others.join("; ")
        ));
    }
    if !update && before.is_none() {
        return Err(CheckError::NotRecorded(target));
    }
    let counts = Counts { versions, instructions: count(root).await? };
    let compared = compare(before.map(|before| &before.instructions), &counts.instructions);
    if update {
        recorded.insert(target, counts);
        fs::write(&path, serde_json::to_string_pretty(&recorded)? + "\n")?;
        return Ok(format!("{}recorded in bench/instructions.json\n", compared.table));
    }
    if compared.is_wrong { Err(CheckError::Changed(compared.table)) } else { Ok(compared.table) }
}

/// The versions that counts depend on.
fn versions(root: &Path) -> BTreeMap<String, String> {
    let commands = [
        ("rustc", "rustc", "--version"),
        ("valgrind", "valgrind", "--version"),
        ("libc", "getconf", "GNU_LIBC_VERSION"),
    ];
    let versions = commands.into_iter().map(|(name, command, argument)| {
        let version = setting::printed(root, command, &[argument]);
        (name.to_owned(), version.unwrap_or_else(|| "unknown".to_owned()))
    });
    versions.collect()
}

/// Where versions differ from those that are recorded, in words.
fn differing(recorded: &BTreeMap<String, String>, versions: &BTreeMap<String, String>) -> Vec<String> {
    let differing = versions.iter().filter(|(name, version)| recorded.get(*name) != Some(version));
    differing
        .map(|(name, version)| {
            let recorded = recorded.get(name).map_or("an unknown version", String::as_str);
            format!("this is {version}, the counts are of {recorded}")
        })
        .collect()
}

async fn count(root: &Path) -> Result<BTreeMap<String, u64>, CheckError> {
    let mut counts = BTreeMap::new();
    let program = Program::of(&STEPS_OF_A_BATCH, root)?;
    for step in STEPS {
        let counted = instructions::of_an_iteration(&program.directory.join("bootstrap"), &[step], 50);
        let name = format!("{step}, 1000 likes");
        let counted = counted.map_err(|why| CheckError::NotCounted(name.clone(), why))?;
        counts.insert(name, counted);
    }
    let aws = Aws::start(Settings::default()).await?;
    for contender in CONTENDERS.iter().filter(|contender| contender.kind == Kind::Ours) {
        let program = Program::of(contender, root)?;
        let (calls, unit) = match contender.function {
            Function::Update => (20, ", 100 likes"),
            Function::Ingest | Function::Get => (100, ""),
        };
        let counted = instructions::of_a_call(&program, &aws, calls, LIKES).await?;
        counts.insert(format!("a warm call of {}{unit}", contender.name), counted);
    }
    Ok(counts)
}

struct Comparison {
    table: String,
    is_wrong: bool,
}

/// A line for each count. It is wrong if one has risen by more than the tolerance, or is new or gone.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn compare(before: Option<&BTreeMap<String, u64>>, after: &BTreeMap<String, u64>) -> Comparison {
    let none = BTreeMap::new();
    let before = before.unwrap_or(&none);
    let mut comparison = Comparison { table: String::new(), is_wrong: false };
    for (name, &now) in after {
        let (was, verdict, is_wrong) = match before.get(name) {
            Some(&was) => {
                let change = now as f64 / was as f64 - 1.0;
                let is_wrong = now as f64 > was as f64 * (1.0 + TOLERANCE);
                let verdict = format!("{:+.1} %{}", change * 100.0, if is_wrong { ", TOO MANY" } else { "" });
                (was.to_string(), verdict, is_wrong)
            }
            None => ("-".to_owned(), "not recorded".to_owned(), true),
        };
        let _ = writeln!(comparison.table, "{name:<40} {was:>12} -> {now:>12} instructions, {verdict}");
        comparison.is_wrong |= is_wrong;
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        let _ = writeln!(comparison.table, "{name:<40} is recorded but no longer counted");
        comparison.is_wrong = true;
    }
    comparison
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: &[(&str, u64)]) -> BTreeMap<String, u64> {
        all.iter().map(|&(name, count)| (name.to_owned(), count)).collect()
    }

    #[test]
    fn a_count_may_fall_and_may_rise_by_the_tolerance_but_no_further() {
        let before = counts(&[("a", 1000)]);
        for (now, is_wrong) in [(500, false), (1020, false), (1021, true)] {
            let compared = compare(Some(&before), &counts(&[("a", now)]));
            assert_eq!(compared.is_wrong, is_wrong, "{}", compared.table);
        }
        let table = compare(Some(&before), &counts(&[("a", 1500)])).table;
        assert!(table.contains("1000 ->         1500 instructions, +50.0 %, TOO MANY"), "{table}");
    }

    #[test]
    fn another_version_is_named_beside_the_recorded_one() {
        let versions = |rustc: &str| BTreeMap::from([("rustc".to_owned(), rustc.to_owned())]);
        assert_eq!(differing(&versions("1.95"), &versions("1.95")), [""; 0]);
        let differing = differing(&versions("1.94"), &versions("1.95"));
        assert_eq!(differing, ["this is 1.95, the counts are of 1.94"]);
    }

    #[test]
    fn what_is_new_or_gone_must_be_recorded() {
        let (a, b) = (counts(&[("a", 1)]), counts(&[("b", 1)]));
        let table = compare(Some(&a), &b).table;
        assert!(table.contains("not recorded") && table.contains("no longer counted"), "{table}");
        assert!(compare(Some(&a), &counts(&[])).is_wrong && compare(None, &a).is_wrong);
    }
}
