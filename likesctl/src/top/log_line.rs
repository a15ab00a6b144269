//! A line of a function's log: is it a warning or an error, and of what?

use std::fmt::Write;

use anstream::adapter::strip_str;
use serde::Serialize;
use serde_json::{Map, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Warning,
    Error,
}

/// What a warning or an error says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub level: Level,
    /// The same for all lines of a kind.
    pub message: String,
    /// What differs, such as the movie and the cause; may be empty.
    pub details: String,
}

impl Line {
    /// Reads a line. Lines of less importance are `None`, metrics among them.
    pub(super) fn read(text: &str) -> Option<Self> {
        match serde_json::from_str(text) {
            Ok(Value::Object(line)) => Self::of_json(&line),
            _ => Self::of_text(&strip_str(text).to_string()),
        }
    }

    /// A line of the function, or of Lambda about an invocation that was not successful.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.
    fn of_json(line: &Map<String, Value>) -> Option<Self> {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        if let Some(level) = line.get("level").and_then(Value::as_str) {
            let level = level_of(level)?;
            let Some(fields) = line.get("fields").and_then(Value::as_object) else {
                let message = text(line.get("message")).or_else(|| text(line.get("errorMessage")));
                return Some(Self { level, message: message.unwrap_or_default(), details: String::new() });
            };
            let details = fields.iter().filter(|(name, _)| *name != "message");
            let details = details.fold(String::new(), |mut details, (name, value)| {
                let space = if details.is_empty() { "" } else { " " };
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                // Writing to a string does not fail.
                let _ = write!(details, "{space}{name}={value}");
                details
            });
            return Some(Self { level, message: text(fields.get("message")).unwrap_or_default(), details });
        }
        let record = line.get("record").filter(|_| line.get("type") == Some(&"platform.report".into()))?;
        let status = text(record.get("status")).filter(|status| status != "success")?;
        let details = text(record.get("errorType")).unwrap_or_default();
        Some(Self { level: Level::Error, message: format!("invocation ended with {status}"), details })
    }

    /// A line of the local stack, whose functions do not log in JSON: `LEVEL span{…}: message key=value`.
    fn of_text(text: &str) -> Option<Self> {
        let (level, rest) = text.trim().split_once(' ')?;
        let level = level_of(level)?;
        let said = rest.split_once("}: ").map_or(rest, |(_, said)| said);
        let details = said.split(' ').find(|word| word.contains('=')).and_then(|word| said.find(word));
        let (message, details) = said.split_at(details.unwrap_or(said.len()));
        Some(Self { level, message: message.trim().to_owned(), details: details.to_owned() })
    }
}

fn level_of(level: &str) -> Option<Level> {
    match level {
        "ERROR" => Some(Level::Error),
        "WARN" => Some(Level::Warning),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Level, String, String)> {
        Line::read(text).map(|Line { level, message, details }| (level, message, details))
    }

    fn line(level: Level, message: &str, details: &str) -> (Level, String, String) {
        (level, message.to_owned(), details.to_owned())
    }

    #[test]
    fn a_functions_line_has_a_message_and_what_differs() {
        let json = r#"{"level":"ERROR","fields":{"message":"not published","like_id":"1","attempts":2},"span":{"requestId":"r"}}"#;
        assert_eq!(read(json), Some(line(Level::Error, "not published", "like_id=1 attempts=2")));
        let local = "\u{1b}[33m WARN\u{1b}[0m \u{1b}[1mLambda runtime invoke\u{1b}[0m{requestId=\"c7\"}: quarantined \u{1b}[3msequence_number\u{1b}[0m=\"00 1\"";
        assert_eq!(read(local), Some(line(Level::Warning, "quarantined", "sequence_number=\"00 1\"")));
        assert_eq!(read("ERROR no more than that"), Some(line(Level::Error, "no more than that", "")));
    }

    #[test]
    fn lambdas_line_says_how_an_invocation_ended() {
        let report = |record: &str| format!(r#"{{"time":"t","type":"platform.report","record":{record}}}"#);
        let crashed = report(r#"{"status":"error","errorType":"Runtime.ExitError"}"#);
        assert_eq!(
            read(&crashed),
            Some(line(Level::Error, "invocation ended with error", "Runtime.ExitError"))
        );
        let late = report(r#"{"status":"timeout"}"#);
        assert_eq!(read(&late), Some(line(Level::Error, "invocation ended with timeout", "")));
        assert_eq!(read(&report(r#"{"status":"success"}"#)), None);
        let runtime = r#"{"level":"ERROR","errorType":"Runtime.ExitError","message":"exited"}"#;
        assert_eq!(read(runtime), Some(line(Level::Error, "exited", "")));
    }

    #[test]
    fn other_lines_are_of_less_importance() {
        for text in [
            r#"{"level":"INFO","fields":{"message":"timeout of ERROR"}}"#,
            r#"{"_aws":{},"Accepted":1}"#,
            "START RequestId: 1 Version: $LATEST",
            "INFO x{}: timeout",
            "ERROR",
            "",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
