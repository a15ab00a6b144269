//! What comes of a load.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{exit::Exit, plural::plural, report::Report};

/// What comes of a load.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadReport {
    /// Posts, the duplicates among them included.
    pub(super) posts: usize,
    pub(super) duplicates: usize,
    /// First answers by their status, or `no answer`.
    pub(super) answers: BTreeMap<String, u64>,
    /// From the moment that a post was due to its answer.
    pub(super) latency_milliseconds: Latency,
    /// Distinct likes, all of which were accepted in the end.
    pub(super) likes: u64,
    pub(super) counted: u64,
    pub(super) exact: bool,
    /// From the last acceptance to the moment that every like was counted.
    pub(super) lag_milliseconds: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
}

impl Report for LoadReport {
    fn exit(&self) -> Exit {
        if self.exact { Exit::Fine } else { Exit::Wrong }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { duplicates, answers, latency_milliseconds, counted, exact, lag_milliseconds, .. } = self;
        writeln!(f, "{}, {}", plural(self.posts as u64, "post"), plural(*duplicates as u64, "duplicate"))?;
        for (answer, number) in answers {
            writeln!(f, "    {answer}: {number}")?;
        }
        let Latency { p50, p90, p99, max } = latency_milliseconds;
        writeln!(f, "latency: p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {max} ms")?;
        let likes = plural(self.likes, "like");
        writeln!(f, "{likes}, {counted} counted {lag_milliseconds} ms after the last was accepted")?;
        writeln!(f, "{}", if *exact { "Every count is exact." } else { "The counts are NOT exact." })
    }
}
