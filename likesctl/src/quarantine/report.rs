//! What became of the messages.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    entry::{Entry, Outcome},
    holds::HIDDEN_MINUTES,
};
use crate::{exit::Exit, plural::plural, printable::Printable, report::Report};

/// The messages that a command was about, and what became of each.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QuarantineReport {
    /// Oldest first.
    pub(super) messages: Vec<Entry>,
    /// How many messages were looked at, whether or not they were selected.
    pub(super) scanned: usize,
    /// About how many messages somebody else held when the command started. It has not seen those.
    pub(super) in_flight: u64,
    /// How many messages could not be released, and stay hidden for a while.
    pub(super) not_released: usize,
    /// Whether every visible message was looked at.
    pub(super) complete: bool,
    /// Why the command ended early.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
    #[serde(skip)]
    pub(super) now: Timestamp,
}

impl Report for QuarantineReport {
    fn exit(&self) -> Exit {
        let is_left = self.messages.iter().any(|entry| entry.outcome == Outcome::Left);
        if self.error.is_some() {
            Exit::Failed
        } else if is_left || self.not_released > 0 || !self.complete {
            Exit::Wrong
        } else {
            Exit::Fine
        }
    }
}

impl QuarantineReport {
    /// How many messages there are, and how many of each outcome.
    fn summary(&self) -> String {
        if self.messages.is_empty() {
            return match (self.scanned, self.in_flight) {
                (0, 0) => "the quarantine is empty".to_owned(),
                (0, _) => "no message is visible".to_owned(),
                (scanned, _) => format!("no message matches: {} scanned", plural(scanned as u64, "message")),
            };
        }
        let mut outcomes = BTreeMap::<Outcome, u64>::new();
        for entry in &self.messages {
            *outcomes.entry(entry.outcome).or_default() += 1;
        }
        let outcomes: Vec<_> =
            outcomes.iter().map(|(outcome, number)| format!("{number} {outcome}")).collect();
        format!("{}: {}", plural(self.messages.len() as u64, "message"), outcomes.join(", "))
    }
}

impl QuarantineReport {
    /// The same in one line, if messages were selected and there are none.
    pub(super) fn no_match(&self) -> String {
        let text = self.to_string().trim_end().replace('\n', "; ");
        if self.scanned == 0 { format!("no message matches: {text}") } else { text }
    }
}

impl fmt::Display for QuarantineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for entry in &self.messages {
            entry.write(f, self.now)?;
        }
        writeln!(f, "{}", self.summary())?;
        if self.in_flight > 0 {
            writeln!(f, "{} in flight, not shown", plural(self.in_flight, "message"))?;
        }
        match &self.error {
            Some(error) => writeln!(f, "ended early: {}", Printable(error))?,
            None if !self.complete => {
                writeln!(f, "there may be more: the scan ended at the limit of messages in flight")?;
            }
            None => {}
        }
        if self.not_released > 0 {
            let number = plural(self.not_released as u64, "message");
            writeln!(f, "{number} could not be released: hidden for up to {HIDDEN_MINUTES} minutes")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use quarantine::{QuarantinedRecord, Source};
    use serde_json::json;

    use super::*;
    use crate::{
        printable::any_text,
        quarantine::{
            discarded::{Found, Place},
            message::Message,
            queue::Received,
        },
    };

    const NOW: Timestamp = Timestamp::constant(1_700_000_000, 0);

    fn record(reason: &str, partition_key: &str, data: &[u8]) -> Message {
        let source = Source {
            stream_arn: None,
            shard_id: "shardId-000000000006",
            sequence_number: "12",
            partition_key,
            data,
        };
        Message::Record(QuarantinedRecord::new(source, reason))
    }

    fn received(id: &str, message: Message) -> Received {
        let sent_at = Some(NOW - jiff::SignedDuration::from_hours(3));
        Received { id: id.into(), receipt: "r".into(), sent_at, message }
    }

    fn report(messages: Vec<Entry>) -> QuarantineReport {
        QuarantineReport {
            scanned: messages.len(),
            messages,
            in_flight: 0,
            not_released: 0,
            complete: true,
            error: None,
            now: NOW,
        }
    }

    #[test]
    fn a_list_shows_each_message_with_its_age_and_its_data() {
        let messages = [
            received("1", record("unknown version 9", "k", b"{\"version\":9}\n")),
            received("2", record("not an event", "\u{1b}[2J", b"\xff\0")),
            received("3", record("not an event", "k", &vec![b'x'; 200_000])),
            received("4", Message::read(include_str!("discarded/example.json"))),
            received("5", Message::read("\u{1b}]0;hello")),
        ];
        let report = report(messages.map(|received| Entry::new(Outcome::Listed, received)).into());
        let x = "x".repeat(4096);
        let expected = format!(
            r#"quarantined: unknown version 9 (3 hours old)
    shardId-000000000006, sequence number 12, partition key k
    data: {{"version":9}}
quarantined: not an event (3 hours old)
    shardId-000000000006, sequence number 12, partition key \u{{1b}}[2J
    data in base64 (decode it with base64 --decode): /wA=
quarantined: not an event (3 hours old)
    shardId-000000000006, sequence number 12, partition key k
    data: {x} (the first 4096 of 131072 bytes; --json has the rest)
    131072 of the record's 200000 bytes were kept; the archive has all of it
quarantined: discarded by Lambda (3 hours old)
    shardId-000000000001, sequence numbers 49601189658422359378836298521827638475320189012309704722 to 49601189658422359378836298522902373528957594348623495186, 500 records
    the message does not hold the records; redrive takes them from the stream or from the archive
quarantined: not a message from UpdateCount or Lambda (3 hours old)
    unknown origin
    data in base64 (decode it with base64 --decode): G10wO2hlbGxv
5 messages: 5 quarantined
"#
        );
        assert_eq!(report.to_string(), expected);
        assert_eq!(report.exit(), Exit::Fine);
    }

    #[test]
    fn a_redrive_shows_the_likes_and_why_messages_are_left() {
        let message = || received("1", record("unknown version 9", "k", b"{}"));
        let redriven = Entry {
            likes: Some(vec!["a#1".into(), "b#2".into()]),
            ..Entry::new(Outcome::Redriven, message())
        };
        let left = Entry::left(message(), "grep: \u{1b}".into());
        let discarded = || received("2", Message::read(include_str!("discarded/example.json")));
        let from_stream = Some(Found { place: Place::Stream { records: 500 }, too_old: 0 });
        let from_stream = Entry { found: from_stream, ..Entry::new(Outcome::Redriven, discarded()) };
        let place = Place::Archive { objects: 3, likes: 1000, missing: 1 };
        let found = Some(Found { place, too_old: 1 });
        let from_archive = Entry { found, ..Entry::left(discarded(), "too old".into()) };
        let report = report(vec![redriven, left, from_stream, from_archive]);
        assert_eq!(
            report.to_string(),
            r"redriven: unknown version 9 (3 hours old)
    shardId-000000000006, sequence number 12, partition key k
    likes: a#1, b#2
left: unknown version 9 (3 hours old)
    shardId-000000000006, sequence number 12, partition key k
    why: grep: \u{1b}
redriven: discarded by Lambda (3 hours old)
    shardId-000000000001, sequence numbers 49601189658422359378836298521827638475320189012309704722 to 49601189658422359378836298522902373528957594348623495186, 500 records
    from the stream: 500 records
left: discarded by Lambda (3 hours old)
    shardId-000000000001, sequence numbers 49601189658422359378836298521827638475320189012309704722 to 49601189658422359378836298522902373528957594348623495186, 500 records
    why: too old
    from the archive: 1 of 1000 likes in 3 objects was missing
4 messages: 2 redriven, 2 left
"
        );
        assert_eq!(report.exit(), Exit::Wrong);
    }

    #[test]
    fn the_end_says_what_was_not_seen_and_what_is_still_hidden() {
        let of = |report: QuarantineReport| (report.to_string(), report.exit());
        let empty = || report(vec![]);
        assert_eq!(of(empty()), ("the quarantine is empty\n".into(), Exit::Fine));
        assert_eq!(
            of(QuarantineReport { in_flight: 1, ..empty() }),
            ("no message is visible\n1 message in flight, not shown\n".into(), Exit::Fine)
        );
        assert_eq!(
            of(QuarantineReport { scanned: 2, ..empty() }),
            ("no message matches: 2 messages scanned\n".into(), Exit::Fine)
        );
        assert_eq!(
            of(QuarantineReport { scanned: 2, not_released: 2, ..empty() }),
            (
                "no message matches: 2 messages scanned\n2 messages could not be released: hidden for up to 5 minutes\n"
                    .into(),
                Exit::Wrong
            )
        );
        assert_eq!(
            of(QuarantineReport { scanned: 2, complete: false, ..empty() }),
            (
                "no message matches: 2 messages scanned\nthere may be more: the scan ended at the limit of messages in flight\n"
                    .into(),
                Exit::Wrong
            )
        );
        let in_flight = QuarantineReport { scanned: 2, in_flight: 3, ..empty() };
        assert_eq!(
            in_flight.no_match(),
            "no message matches: 2 messages scanned; 3 messages in flight, not shown"
        );
        assert_eq!(empty().no_match(), "no message matches: the quarantine is empty");
        let error = Some("interrupted".to_owned());
        assert_eq!(
            of(QuarantineReport { scanned: 2, complete: false, error, ..empty() }),
            ("no message matches: 2 messages scanned\nended early: interrupted\n".into(), Exit::Failed)
        );
    }

    #[test]
    fn as_json_it_is_one_object() {
        let message = || received("1", record("unknown version 9", "k", b"{}"));
        let place = Place::Archive { objects: 3, likes: 1000, missing: 2 };
        let found = Some(Found { place, too_old: 1 });
        let discarded = received("2", Message::read(include_str!("discarded/example.json")));
        let entries = vec![
            Entry::new(Outcome::Listed, message()),
            Entry { found, ..Entry::left(discarded, "x".into()) },
            Entry::new(Outcome::Discarded, received("3", Message::read("hello"))),
        ];
        assert_eq!(
            serde_json::to_value(QuarantineReport { in_flight: 7, ..report(entries) }).unwrap(),
            json!({
                "messages": [
                    {
                        "outcome": "listed",
                        "messageId": "1",
                        "sentAt": "2023-11-14T19:13:20Z",
                        "reason": "unknown version 9",
                        "shardId": "shardId-000000000006",
                        "sequenceNumber": "12",
                        "partitionKey": "k",
                        "message": {
                            "reason": "unknown version 9",
                            "shardId": "shardId-000000000006",
                            "sequenceNumber": "12",
                            "partitionKey": "k",
                            "length": 2,
                            "data": "e30=",
                        },
                    },
                    {
                        "outcome": "left",
                        "why": "x",
                        "found": { "in": "archive", "objects": 3, "likes": 1000, "missing": 2, "tooOld": 1 },
                        "messageId": "2",
                        "sentAt": "2023-11-14T19:13:20Z",
                        "reason": "discarded by Lambda",
                        "shardId": "shardId-000000000001",
                        "sequenceNumber": "49601189658422359378836298521827638475320189012309704722",
                        "endSequenceNumber": "49601189658422359378836298522902373528957594348623495186",
                        "records": 500,
                    },
                    {
                        "outcome": "discarded",
                        "messageId": "3",
                        "sentAt": "2023-11-14T19:13:20Z",
                        "reason": "not a message from UpdateCount or Lambda",
                    },
                ],
                "scanned": 3,
                "inFlight": 7,
                "notReleased": 0,
                "complete": true,
            })
        );
        assert_eq!(
            serde_json::to_value(report(vec![])).unwrap(),
            json!({ "messages": [], "scanned": 0, "inFlight": 0, "notReleased": 0, "complete": true })
        );
    }

    proptest! {
        #[test]
        fn no_control_character_is_printed_but_newlines(
            [reason, key, why, body] in [any_text(), any_text(), any_text(), any_text()],
            data: Vec<u8>,
        ) {
            let messages = [record(&reason, &key, &data), Message::read(&body), Message::read(&json!(body).to_string())];
            let entries = messages.into_iter().flat_map(|message| {
                let received = received("1", message);
                let likes = Some(vec![why.clone()]);
                [
                    Entry::new(Outcome::Listed, received.clone()),
                    Entry::left(received.clone(), why.clone()),
                    Entry { likes, ..Entry::new(Outcome::Redriven, received) },
                ]
            });
            let report = QuarantineReport { error: Some(why.clone()), ..report(entries.collect()) };
            let printed = report.to_string();
            prop_assert!(!printed.contains(|character: char| character.is_control() && character != '\n'));
            // No newline comes from a message.
            prop_assert_eq!(printed.lines().count(), 3 * (3 + 3 + 3) + 2);
        }
    }
}
