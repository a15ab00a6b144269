//! What a load measured.

use std::{collections::BTreeMap, fmt};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::{
    count::{Counted, Verdict},
    history::Summary,
    stop::{Interruption, Reason},
    tally::{Tally, milliseconds},
};
use crate::{exit::Exit, plural::plural, report::Report};

/// What a load measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoadReport {
    /// Why the load ended early; null if it did not.
    pub(super) interrupted: Option<Interruption>,
    /// Posts that were sent, duplicates included, retries not.
    pub(super) posts: u64,
    pub(super) duplicates: u64,
    /// Posts that were due and not sent, since too many were in flight.
    pub(super) dropped: u64,
    /// Posts a second: asked for, and sent.
    pub(super) target_rate: u32,
    pub(super) achieved_rate: f64,
    /// Answers to posts by their status, `timed out` or `connection failed`.
    pub(super) answers: BTreeMap<String, u64>,
    /// Posts that were still in flight when the load ended.
    pub(super) unanswered: u64,
    pub(super) retries: u64,
    /// From the moment that a post was due to its answer.
    pub(super) latency_milliseconds: Latency,
    /// The same, for posts that were accepted.
    pub(super) accepted_latency_milliseconds: Latency,
    /// Distinct likes that were posted.
    pub(super) likes: u64,
    /// Distinct likes that were accepted, at once or on a retry.
    pub(super) accepted: u64,
    /// Null if the counts were not read.
    pub(super) counted: Option<u64>,
    /// Whether the counts are those of the accepted likes; null if that is not known.
    pub(super) exact: Option<bool>,
    /// From the last acceptance to the moment that every accepted like was counted; null if that did not happen.
    pub(super) lag_milliseconds: Option<u64>,
    /// The last run with the same arguments on the same stack.
    pub(super) last_run: Option<Summary>,
    #[serde(skip)]
    pub(super) verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
}

impl From<&Histogram<u64>> for Latency {
    fn from(latencies: &Histogram<u64>) -> Self {
        Self {
            p50: latencies.value_at_quantile(0.5),
            p90: latencies.value_at_quantile(0.9),
            p99: latencies.value_at_quantile(0.99),
            max: latencies.max(),
        }
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p90, p99, max } = self;
        write!(f, "p50 {p50} ms, p90 {p90} ms, p99 {p99} ms, max {max} ms")
    }
}

impl LoadReport {
    pub(super) fn new(
        tally: &Tally,
        target_rate: u32,
        interrupted: Option<Interruption>,
        counted: Option<&Counted>,
    ) -> Self {
        let likes = tally.likes();
        let verdict = counted.map(|counted| counted.verdict);
        Self {
            interrupted,
            posts: tally.posts,
            duplicates: tally.posts - likes,
            dropped: tally.dropped,
            target_rate,
            achieved_rate: (tally.rate() * 10.0).round() / 10.0,
            answers: tally.answers.iter().map(|(answer, &number)| (answer.to_string(), number)).collect(),
            unanswered: tally.posts - tally.answers.values().sum::<u64>(),
            retries: tally.retries,
            latency_milliseconds: (&tally.latencies).into(),
            accepted_latency_milliseconds: (&tally.accepted_latencies).into(),
            likes,
            accepted: tally.accepted(),
            counted: counted.map(|counted| counted.likes),
            exact: match verdict {
                Some(Verdict::Exact) => Some(true),
                Some(Verdict::Wrong) => Some(false),
                Some(Verdict::Consistent | Verdict::Unfinished) | None => None,
            },
            lag_milliseconds: counted.and_then(|counted| counted.lag).map(milliseconds),
            last_run: None,
            verdict,
        }
    }

    /// What later runs are compared with; none of a run that was interrupted or not counted.
    pub(super) fn summary(&self) -> Option<Summary> {
        let lag_milliseconds = self.lag_milliseconds.filter(|_| self.interrupted.is_none())?;
        Some(Summary { p99_milliseconds: self.latency_milliseconds.p99, lag_milliseconds })
    }
}

impl Report for LoadReport {
    fn exit(&self) -> Exit {
        match (&self.interrupted, self.exact) {
            (_, Some(false)) => Exit::Wrong,
            (Some(Interruption { reason: Reason::CtrlC, .. }), _) => Exit::Interrupted,
            (None, Some(true)) => Exit::Fine,
            _ => Exit::Wrong,
        }
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target_rate, achieved_rate, accepted, .. } = self;
        if let Some(Interruption { message, .. }) = &self.interrupted {
            writeln!(f, "Interrupted: {message}")?;
        }
        let (posts, duplicates) = (plural(self.posts, "post"), plural(self.duplicates, "duplicate"));
        writeln!(f, "{posts}, {duplicates}, {achieved_rate:.1} posts/s of {target_rate}")?;
        for (answer, number) in &self.answers {
            writeln!(f, "    {answer}: {number}")?;
        }
        if self.unanswered > 0 {
            writeln!(f, "    in flight when the load ended: {}", self.unanswered)?;
        }
        if self.dropped > 0 {
            let dropped = plural(self.dropped, "post");
            writeln!(f, "{dropped} not sent: too many in flight (see --max-in-flight)")?;
        }
        if self.retries > 0 {
            writeln!(
                f,
                "{}",
                if self.retries == 1 { "1 retry".into() } else { format!("{} retries", self.retries) }
            )?;
        }
        writeln!(f, "latency: {}", self.latency_milliseconds)?;
        if self.accepted_latency_milliseconds != self.latency_milliseconds {
            writeln!(f, "latency of accepted posts: {}", self.accepted_latency_milliseconds)?;
        }
        write!(f, "{}, {accepted} accepted", plural(self.likes, "like"))?;
        if let Some(counted) = self.counted {
            write!(f, ", {counted} counted")?;
        }
        if let Some(lag) = self.lag_milliseconds {
            write!(f, " {lag} ms after the last was accepted")?;
        }
        writeln!(f)?;
        if let (Some(last), Some(this)) = (self.last_run, self.summary()) {
            writeln!(
                f,
                "p99 {} ms (last run {} ms), lag {} ms (last run {} ms)",
                this.p99_milliseconds, last.p99_milliseconds, this.lag_milliseconds, last.lag_milliseconds
            )?;
        }
        match self.verdict {
            Some(Verdict::Exact) => writeln!(f, "Every count is exact."),
            Some(Verdict::Wrong) => writeln!(f, "The counts are NOT exact."),
            Some(Verdict::Consistent) => writeln!(
                f,
                "No count is wrong, but {} not accepted and may or may not be counted.",
                was(self.likes - accepted)
            ),
            Some(Verdict::Unfinished) if self.lag_milliseconds.is_some() => {
                writeln!(f, "Every accepted like is counted. Whether a count is too high was not checked.")
            }
            Some(Verdict::Unfinished) => writeln!(f, "The counts were incomplete when the check ended."),
            None => writeln!(f, "The counts were not checked."),
        }
    }
}

fn was(likes: u64) -> String {
    format!("{} {}", plural(likes, "like"), if likes == 1 { "was" } else { "were" })
}
