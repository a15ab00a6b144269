//! What is shown of a sample, as text: on the screen and by `--once`.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{
    errors::Errors,
    figure,
    log_line::Level,
    mapping::Mapping,
    metric::{Metric, Part},
    sample::Sample,
    series::Series,
};
use crate::{plural::plural, printable::Printable, unread::Unread};

/// A stack, as text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct View {
    /// The stack and its region.
    pub stack: String,
    /// When it was read.
    pub at: Timestamp,
    /// The length of a period, in seconds.
    pub period: i32,
    /// The start of the first period and the end of the last.
    pub window: [Timestamp; 2],
    /// The pipeline, from the API to the archive.
    pub panels: [Panel; 4],
    pub alarms: Notices,
    pub errors: Notices,
}

/// A part of the pipeline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Panel {
    pub title: &'static str,
    /// In the order of their importance.
    pub rows: Vec<Row>,
}

/// What a row says, and how bad that is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub label: &'static str,
    pub content: Content,
    /// Whether it is a sign of a fault.
    pub is_bad: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    /// A metric: its latest value, the start of that period, its highest value, and all values.
    Figure { value: String, at: String, highest: String, values: Vec<Option<f64>> },
    /// A metric without any data in the window.
    NoData,
    /// What was read of something that has no history.
    Fact(String),
    /// Why it could not be read.
    Unread(String),
}

/// A list of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notices {
    pub title: String,
    pub lines: Vec<Notice>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub text: String,
    pub is_bad: bool,
}

impl View {
    /// The view of a sample of the stack with this name, in this region.
    pub(super) fn of(sample: &Sample, stack: &str, region: &str) -> Self {
        let panels = [
            ("API", Part::Api, vec![]),
            ("Stream", Part::Stream, vec![stream(sample)]),
            ("Counting", Part::Counting, vec![mapping(sample), quarantine(sample)]),
            ("Archive", Part::Archive, vec![newest(sample)]),
        ];
        Self {
            stack: printable(&format!("{stack}, {region}")),
            at: sample.at,
            period: sample.window.period,
            window: [sample.window.start(), sample.window.end()],
            panels: panels.map(|(title, part, facts)| panel(sample, title, part, facts)),
            alarms: alarms(sample),
            errors: errors(sample),
        }
    }
}

/// A panel: its most important metrics, then the facts, then the other metrics.
fn panel(sample: &Sample, title: &'static str, part: Part, facts: Vec<Row>) -> Panel {
    let mut figures = figures(sample, part);
    let others = figures.split_off(figures.len().min(LEADING));
    Panel { title, rows: figures.into_iter().chain(facts).chain(others).collect() }
}

/// How many metrics precede the facts of a panel.
const LEADING: usize = 3;

fn figures(sample: &Sample, part: Part) -> Vec<Row> {
    match &sample.metrics {
        Ok(metrics) => {
            let own = metrics.iter().filter(|(metric, _)| metric.part == part);
            let rows = own.map(|(metric, series)| figure(sample, metric, series.as_ref()));
            once_per_reason(rows.collect())
        }
        Err(why) => vec![unread("metrics", why)],
    }
}

/// Metrics that were not read have one row for each reason.
fn once_per_reason(mut rows: Vec<Row>) -> Vec<Row> {
    let mut reasons = BTreeSet::new();
    rows.retain(|row| match &row.content {
        Content::Unread(why) => reasons.insert(why.clone()),
        _ => true,
    });
    rows
}

fn figure(sample: &Sample, metric: &Metric, series: Result<&Series, &Unread>) -> Row {
    let (content, is_bad) = match series {
        Ok(series) => match series.latest() {
            Some(latest) => {
                let highest = series.values().iter().copied().flatten().fold(latest.value, f64::max);
                let content = Content::Figure {
                    value: figure::text(latest.value, metric.unit),
                    at: figure::time(latest.at, sample.window.period),
                    highest: figure::text(highest, metric.unit),
                    values: series.values().to_vec(),
                };
                (content, latest.value > metric.limit)
            }
            None => (Content::NoData, false),
        },
        Err(why) => return unread("metrics", why),
    };
    Row { label: metric.label, content, is_bad }
}

fn unread(label: &'static str, why: &Unread) -> Row {
    let content = Content::Unread(printable(&why.to_string()));
    Row { label, content, is_bad: true }
}

fn fact(label: &'static str, text: String, is_bad: bool) -> Row {
    Row { label, content: Content::Fact(text), is_bad }
}

fn stream(sample: &Sample) -> Row {
    let label = "shards";
    match &sample.stream {
        Ok(stream) => {
            let text = format!("{} open, {}", stream.open_shards, stream.status.to_lowercase());
            fact(label, text, !matches!(stream.status.as_str(), "ACTIVE" | "UPDATING"))
        }
        Err(why) => unread(label, why),
    }
}

fn mapping(sample: &Sample) -> Row {
    let label = "mapping";
    match &sample.mapping {
        Ok(mapping) => {
            let text = match mapping {
                Mapping::LocalProcess => "a local process".to_owned(),
                Mapping::Lambda(state) => state.to_lowercase(),
                Mapping::Missing => "none".to_owned(),
            };
            fact(label, text, !mapping.is_fine())
        }
        Err(why) => unread(label, why),
    }
}

fn quarantine(sample: &Sample) -> Row {
    let label = "quarantine";
    match &sample.quarantine {
        Ok(quarantine) => {
            let mut parts = vec![match quarantine.messages {
                0 => "empty".to_owned(),
                number => plural(number, "message"),
            }];
            let oldest = figures(sample, Part::Quarantine).into_iter().next().map(|row| row.content);
            if let (Some(Content::Figure { value, .. }), 1..) = (oldest, quarantine.messages) {
                parts.push(format!("oldest {value}"));
            }
            if quarantine.in_flight > 0 {
                parts.push(format!("{} in flight", quarantine.in_flight));
            }
            fact(label, parts.join(", "), quarantine.messages > 0)
        }
        Err(why) => unread(label, why),
    }
}

fn newest(sample: &Sample) -> Row {
    let label = "new object";
    match &sample.newest {
        Ok(Some(written)) => fact(label, format!("{} ago", figure::age(sample.at, *written)), false),
        Ok(None) => fact(label, format!("none for {} days", crate::newest::DAYS), false),
        Err(why) => unread(label, why),
    }
}

fn alarms(sample: &Sample) -> Notices {
    match &sample.alarms {
        Ok(alarms) => {
            let lines = alarms.on.iter().map(|alarm| {
                let since = alarm.since.map(|since| format!(" for {}", figure::age(sample.at, since)));
                let text = format!("{}{}: {}", alarm.name, since.unwrap_or_default(), alarm.description);
                Notice { text: printable(&text), is_bad: true }
            });
            let lines = lines.collect::<Vec<_>>();
            let title = match lines.len() {
                0 => format!("Alarms: none of {} is on", alarms.number),
                on => format!("Alarms: {on} of {} on", alarms.number),
            };
            Notices { title, lines }
        }
        Err(why) => unread_notices("Alarms: not read", why),
    }
}

fn errors(sample: &Sample) -> Notices {
    match &sample.errors {
        Ok(errors) => Notices { title: errors_title(errors), lines: error_lines(errors) },
        Err(why) => unread_notices("Last errors: not read", why),
    }
}

fn errors_title(errors: &Errors) -> String {
    let since = errors.since.strftime("%H:%M");
    let none = if errors.latest.is_empty() { ": none" } else { "" };
    let part = if errors.complete { "" } else { "; not all lines were searched" };
    format!("Last errors{none} since {since}{part}")
}

fn error_lines(errors: &Errors) -> Vec<Notice> {
    let lines = errors.latest.iter().map(|error| {
        let level = match error.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let at = error.at.strftime("%H:%M:%S");
        let text = format!("{at} {} {level}: {} {}", error.function, error.message, error.details);
        Notice { text: printable(text.trim_end()), is_bad: error.level == Level::Error }
    });
    lines.collect()
}

fn unread_notices(title: &str, why: &Unread) -> Notices {
    let line = Notice { text: printable(&why.to_string()), is_bad: true };
    Notices { title: title.to_owned(), lines: vec![line] }
}

/// A text that sends a terminal nothing but text, whatever AWS or a log says.
fn printable(text: &str) -> String {
    Printable(text).to_string()
}

#[cfg(test)]
pub(super) mod tests;
