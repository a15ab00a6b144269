//! What to forget now, and until when copies of it may come back.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use like::LikeId;

use super::Counts;

/// A trace of the user's like of a movie: its ledger entry, or a line of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    pub movie: String,
    /// When the like was clicked, if it is known.
    pub clicked: Option<Timestamp>,
    /// When the line was written to the archive; none for an entry.
    pub written: Option<Timestamp>,
}

impl Trace {
    /// Until when a copy of the like may be delivered: it is accepted for a day after the click, and was accepted before it
    /// was archived; then the stream keeps it for as long as its retention.
    fn delivered_until(&self, retention: SignedDuration) -> Timestamp {
        let accepted = self.clicked.and_then(|clicked| clicked.saturating_add(LikeId::MAX_AGE).ok());
        let arrived = accepted.max(self.written).unwrap_or(Timestamp::MIN);
        arrived.saturating_add(retention).unwrap_or(Timestamp::MAX)
    }
}

/// Until when copies of the user's likes may be delivered, by movie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// The likes to forget now.
    pub now: BTreeMap<String, Timestamp>,
    /// The likes to forget once no copy of them can be delivered any more.
    pub later: BTreeMap<String, Timestamp>,
}

impl Plan {
    /// What to do about likes that left these traces.
    ///
    /// A copy that is delivered after its like is forgotten is counted: as a new like. A count that was lowered is right
    /// then, and the next run forgets the new like. A count that keeps the forgotten like would have it twice.
    pub(super) fn new(
        traces: impl IntoIterator<Item = Trace>,
        counts: Counts,
        retention: SignedDuration,
        now: Timestamp,
    ) -> Self {
        let mut movies = BTreeMap::new();
        for trace in traces {
            let until = trace.delivered_until(retention);
            let known = movies.entry(trace.movie).or_insert(until);
            *known = until.max(*known);
        }
        let (later, now) = match counts {
            Counts::Keep => movies.into_iter().partition(|(_, until)| *until > now),
            Counts::Lower => (BTreeMap::new(), movies),
        };
        Self { now, later }
    }

    /// When to run the command again: then no copy of any like is left to be delivered. None if that is so now.
    pub(super) fn run_again_after(&self, now: Timestamp) -> Option<Timestamp> {
        self.now.values().chain(self.later.values()).copied().max().filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::ToSpan;
    use proptest::prelude::*;

    use super::*;

    const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

    fn now() -> Timestamp {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    fn hours_ago(hours: i64) -> Timestamp {
        now() - hours.hours()
    }

    fn entry(clicked: i64) -> Trace {
        Trace { movie: "m".into(), clicked: Some(hours_ago(clicked)), written: None }
    }

    fn line(clicked: i64, written: i64) -> Trace {
        Trace { written: Some(hours_ago(written)), ..entry(clicked) }
    }

    fn is_kept(traces: &[Trace]) -> bool {
        let plan = Plan::new(traces.iter().cloned(), Counts::Keep, RETENTION, now());
        assert_eq!(plan.run_again_after(now()).is_some(), !plan.later.is_empty());
        !plan.later.is_empty()
    }

    #[test]
    fn a_count_keeps_a_like_only_once_a_retried_click_has_left_the_stream() {
        let (day, week) = (24, 7 * 24);
        assert!(is_kept(&[entry(week + day - 1)]));
        assert!(!is_kept(&[entry(week + day)]));
        assert!(is_kept(&[line(week + day - 1, week + day - 1)]));
        assert!(!is_kept(&[line(week + day, week + day)]));
    }

    #[test]
    fn a_count_keeps_a_like_only_once_what_was_archived_has_left_the_stream() {
        let week = 7 * 24;
        let old = entry(100 * 24);
        assert!(!is_kept(std::slice::from_ref(&old)));
        // Redriven lately, for example.
        assert!(is_kept(&[old.clone(), line(100 * 24, week - 1)]));
        assert!(!is_kept(&[old, line(100 * 24, week)]));
    }

    #[test]
    fn a_lowered_count_waits_for_nothing_and_the_end_is_known() {
        let plan = Plan::new([entry(1), line(1, 0)], Counts::Lower, RETENTION, now());
        assert_eq!((plan.now.len(), plan.later.len()), (1, 0));
        assert_eq!(plan.run_again_after(now()), Some(now() + 23.hours() + 7 * 24.hours()));
        let old = Plan::new([entry(1000)], Counts::Lower, RETENTION, now());
        assert_eq!((old.now.len(), old.run_again_after(now())), (1, None));
    }

    #[test]
    fn an_entry_without_a_time_was_not_written_by_the_pipeline() {
        let trace = Trace { clicked: None, ..entry(0) };
        let plan = Plan::new([trace], Counts::Keep, RETENTION, now());
        assert_eq!((plan.now.len(), plan.run_again_after(now())), (1, None));
    }

    proptest! {
        #[test]
        fn each_movie_is_forgotten_now_or_later_and_a_kept_one_only_if_no_trace_can_be_delivered(
            traces in proptest::collection::vec((0..4_u8, 0..400_i64, proptest::option::of(0..400_i64)), 0..12),
            keep: bool,
        ) {
            let traces: Vec<_> = traces.into_iter().map(|(movie, clicked, written)| Trace {
                movie: format!("m{movie}"),
                clicked: Some(hours_ago(clicked)),
                written: written.map(hours_ago),
            }).collect();
            let counts = if keep { Counts::Keep } else { Counts::Lower };
            let plan = Plan::new(traces.clone(), counts, RETENTION, now());
            let movies: BTreeSet<_> = traces.iter().map(|trace| &trace.movie).collect();
            prop_assert_eq!(plan.now.keys().chain(plan.later.keys()).collect::<BTreeSet<_>>(), movies);
            let is_fresh = |trace: &Trace| {
                trace.clicked > Some(hours_ago(8 * 24)) || trace.written > Some(hours_ago(7 * 24))
            };
            for movie in plan.now.keys() {
                prop_assert!(!plan.later.contains_key(movie));
                let any = traces.iter().any(|trace| trace.movie == *movie && is_fresh(trace));
                prop_assert!(!keep || !any);
            }
            for movie in plan.later.keys() {
                prop_assert!(keep && traces.iter().any(|trace| trace.movie == *movie && is_fresh(trace)));
            }
            prop_assert_eq!(plan.run_again_after(now()).is_some(), traces.iter().any(is_fresh));
        }
    }
}
