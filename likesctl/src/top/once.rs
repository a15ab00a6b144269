//! The report of `--once`.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::{
    mapping::Mapping,
    metric::Part,
    sample::Sample,
    view::{Content, Notices, View},
};
use crate::{exit::Exit, report::Report};

/// One sample of a stack.
#[derive(Debug)]
pub(super) struct Once {
    /// What the user calls the stack.
    pub stack: String,
    pub region: String,
    pub sample: Sample,
}

impl Report for Once {
    /// Whatever the figures are: it is `doctor` that judges.
    fn exit(&self) -> Exit {
        if self.sample.unread().is_empty() { Exit::Fine } else { Exit::Failed }
    }
}

impl fmt::Display for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = View::of(&self.sample, &self.stack, &self.region);
        let [from, until] = view.window;
        writeln!(f, "{}, {}", view.stack, view.at.strftime("%Y-%m-%d %H:%M:%S UTC"))?;
        writeln!(
            f,
            "Each figure covers the {} s from the time beside it, the latest with data between {} and {} UTC.",
            view.period,
            from.strftime("%H:%M:%S"),
            until.strftime("%H:%M:%S")
        )?;
        for panel in &view.panels {
            writeln!(f, "{}", panel.title)?;
            for row in &panel.rows {
                let mark = if row.is_bad { '!' } else { ' ' };
                write!(f, "{mark} {:<12}", row.label)?;
                match &row.content {
                    Content::Figure { value, at, .. } => writeln!(f, "{value:>9}  {at}")?,
                    Content::NoData => writeln!(f, "{:>9}", "no data")?,
                    Content::Fact(text) => writeln!(f, "  {text}")?,
                    Content::Unread(why) => writeln!(f, "  not read: {why}")?,
                }
            }
        }
        for Notices { title, lines } in [&view.alarms, &view.errors] {
            writeln!(f, "{title}")?;
            for line in lines {
                writeln!(f, "{} {}", if line.is_bad { '!' } else { ' ' }, line.text)?;
            }
        }
        Ok(())
    }
}

/// Figures that were not read are null, and `unread` says why; `docs/likesctl-json.md` documents the fields.
impl Serialize for Once {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sample = &self.sample;
        let part = |part, facts: Vec<(&str, Value)>| {
            let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value));
            self.figures(part).chain(facts).collect::<Map<_, _>>()
        };
        let stream = sample.stream.as_ref().ok();
        let quarantine = sample.quarantine.as_ref().ok();
        let mapping = sample.mapping.as_ref().ok().and_then(|mapping| match mapping {
            Mapping::LocalProcess => None,
            Mapping::Lambda(state) => Some(state.as_str()),
            Mapping::Missing => Some("Missing"),
        });
        let newest = sample.newest.as_ref().ok().copied().flatten();
        let unread = sample.unread().into_iter();
        json!({
            "stack": self.stack,
            "region": self.region,
            "at": sample.at,
            "periodSeconds": sample.window.period,
            "windowStart": sample.window.start(),
            "windowEnd": sample.window.end(),
            "api": part(Part::Api, vec![]),
            "stream": part(Part::Stream, vec![
                ("status", json!(stream.map(|stream| &stream.status))),
                ("openShards", json!(stream.map(|stream| stream.open_shards))),
            ]),
            "counting": part(Part::Counting, vec![("mappingState", json!(mapping))]),
            "archive": part(Part::Archive, vec![("newestObjectAt", json!(newest))]),
            "quarantine": part(Part::Quarantine, vec![
                ("messages", json!(quarantine.map(|quarantine| quarantine.messages))),
                ("messagesInFlight", json!(quarantine.map(|quarantine| quarantine.in_flight))),
            ]),
            "alarms": sample.alarms.as_ref().ok(),
            "errors": sample.errors.as_ref().ok(),
            "unread": unread.map(|(source, why)| json!({"source": source, "reason": why.to_string()})).collect::<Vec<_>>(),
        })
        .serialize(serializer)
    }
}

impl Once {
    /// The metrics of a part, by name: the latest value and all of them.
    fn figures(&self, part: Part) -> impl Iterator<Item = (String, Value)> {
        super::metric::METRICS.iter().enumerate().filter(move |(_, metric)| metric.part == part).map(
            |(index, metric)| {
                let metrics = self.sample.metrics.as_ref().ok();
                let series = metrics.and_then(|metrics| metrics.series(index));
                let figure =
                    series.map(|series| json!({"latest": series.latest(), "values": series.values()}));
                (metric.key.to_owned(), json!(figure))
            },
        )
    }
}

#[cfg(test)]
mod tests;
