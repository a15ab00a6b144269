//! The lines of a batch's records, and the outcomes of lines and records.

use std::{collections::BTreeMap, ops::Range, time::SystemTime};

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use counting::{Like, Outcome, Position};
use like::LikeEvent;

/// The outcomes of the lines of a batch's records.
#[derive(Debug)]
pub(crate) struct Outcomes {
    lines: Vec<Outcome>,
    /// The positions of each record's lines.
    records: Vec<Range<Position>>,
    /// When lines that are timed had their outcome.
    times: BTreeMap<Position, Option<SystemTime>>,
}

/// Decodes the lines of records. A line with an event is unfinished, any other quarantined.
pub(crate) fn read(records: &[KinesisEventRecord]) -> (Outcomes, Vec<(Position, LikeEvent)>) {
    let (mut lines, mut events) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    let positions = records.iter().map(|record| {
        let start = lines.len();
        for line in LikeEvent::decode_lines(&record.kinesis.data) {
            lines.push(match line {
                Ok(event) => {
                    events.push((lines.len(), event));
                    Outcome::Unfinished
                }
                Err(error) => Outcome::Quarantined(error.to_string()),
            });
        }
        start..lines.len()
    });
    let records = positions.collect();
    (Outcomes { lines, records, times: BTreeMap::new() }, events)
}

impl Outcomes {
    /// Sets the outcome of a like's lines. If the like is counted, its first line is, and the others are duplicates.
    pub(crate) fn set(&mut self, like: &Like, outcome: &Outcome) {
        for (copy, &position) in like.positions.iter().enumerate() {
            if let Some(line) = self.lines.get_mut(position) {
                *line = match outcome {
                    Outcome::Counted if copy > 0 => Outcome::Duplicate,
                    outcome => outcome.clone(),
                };
            }
            if let Some(time) = self.times.get_mut(&position) {
                *time = Some(SystemTime::now());
            }
        }
    }

    /// Times these lines.
    pub(crate) fn time(&mut self, positions: impl IntoIterator<Item = Position>) {
        self.times.extend(positions.into_iter().map(|position| (position, None)));
    }

    /// When a line that is timed had its outcome; `None` if it has none yet.
    pub(crate) fn timed(&self, position: Position) -> Option<SystemTime> {
        self.times.get(&position).copied().flatten()
    }

    /// The index of a line's record.
    pub(crate) fn record(&self, position: Position) -> Option<usize> {
        let record = self.records.partition_point(|lines| lines.end <= position);
        self.records.get(record).map(|_| record)
    }

    /// The outcome of a line, given that of each record: a line is only quarantined once its record is.
    pub(crate) fn of_line<'a>(&'a self, position: Position, of_records: &'a [Outcome]) -> &'a Outcome {
        match self.lines.get(position) {
            Some(Outcome::Quarantined(_)) => self
                .record(position)
                .and_then(|record| of_records.get(record))
                .unwrap_or(&Outcome::Unfinished),
            outcome => outcome.unwrap_or(&Outcome::Unfinished),
        }
    }

    /// The outcome of each record.
    pub(crate) fn of_records(&self) -> Vec<Outcome> {
        let lines = self.records.iter().map(|lines| self.lines.get(lines.clone()).unwrap_or_default());
        lines.map(of_record).collect()
    }

    /// The number of lines with this outcome, in each record.
    pub(crate) fn numbers<'a>(&'a self, outcome: &'a Outcome) -> impl Iterator<Item = usize> + 'a {
        let lines = self.records.iter().map(|lines| self.lines.get(lines.clone()).unwrap_or_default());
        lines.map(move |lines| lines.iter().filter(|line| *line == outcome).count())
    }

    /// Whether a like is counted or was counted before.
    pub(crate) fn is_progress(&self) -> bool {
        self.lines.iter().any(|line| matches!(line, Outcome::Counted | Outcome::Duplicate))
    }
}

/// A record is unfinished while any of its lines is, so it is quarantined only once its likes are counted.
fn of_record(lines: &[Outcome]) -> Outcome {
    if lines.is_empty() {
        return Outcome::Quarantined("not an event: the record is empty".to_owned());
    }
    if lines.contains(&Outcome::Unfinished) {
        return Outcome::Unfinished;
    }
    let reason = (1..).zip(lines).find_map(|(number, line)| match line {
        Outcome::Quarantined(why) if lines.len() > 1 => {
            Some(format!("line {number} of {}: {why}", lines.len()))
        }
        Outcome::Quarantined(why) => Some(why.clone()),
        _ => None,
    });
    match reason {
        Some(reason) => Outcome::Quarantined(reason),
        None if lines.contains(&Outcome::Counted) => Outcome::Counted,
        None => Outcome::Duplicate,
    }
}

#[cfg(test)]
mod tests {
    use counting::distinct;
    use jiff::Timestamp;
    use like::LikeId;

    use super::*;

    fn record(data: &[u8]) -> KinesisEventRecord {
        let mut record = KinesisEventRecord::default();
        record.kinesis.data.0 = data.to_vec();
        record
    }

    fn event(movie: &str) -> Vec<u8> {
        let id = LikeId::new(Timestamp::UNIX_EPOCH);
        LikeEvent::new(id, movie.parse().unwrap(), None).encode().unwrap()
    }

    /// The outcomes of records if each of their likes has this one.
    fn of_records(records: &[Vec<u8>], outcome: &Outcome) -> Vec<Outcome> {
        let records: Vec<_> = records.iter().map(|data| record(data)).collect();
        let (mut outcomes, events) = read(&records);
        for like in distinct(events) {
            outcomes.set(&like, outcome);
        }
        outcomes.of_records()
    }

    #[test]
    fn every_line_of_a_record_can_hold_a_like() {
        let two = [event("a"), event("b")].concat();
        let (mut outcomes, events) = read(&[record(&two), record(&event("c"))]);
        assert_eq!(events.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 1, 2]);
        let likes = distinct(events);
        outcomes.set(&likes[0], &Outcome::Counted);
        outcomes.set(&likes[2], &Outcome::Counted);
        assert_eq!(
            outcomes.of_records(),
            [Outcome::Unfinished, Outcome::Counted],
            "its second like is not counted"
        );
        outcomes.set(&likes[1], &Outcome::Duplicate);
        assert_eq!(outcomes.of_records(), [Outcome::Counted, Outcome::Counted]);
    }

    #[test]
    fn copies_in_a_batch_are_duplicates() {
        let event = event("m");
        let (mut outcomes, events) = read(&[record(&event), record(&event), record(&event)]);
        outcomes.set(&distinct(events)[0], &Outcome::Counted);
        let number = |outcome| outcomes.numbers(outcome).sum::<usize>();
        assert_eq!((number(&Outcome::Counted), number(&Outcome::Duplicate)), (1, 2));
    }

    #[test]
    fn a_record_with_a_malformed_line_is_quarantined_once_its_likes_are_counted() {
        let mixed = [event("a"), b"junk\n".to_vec(), event("b")].concat();
        let why = "line 2 of 3: not an event: expected value at line 1 column 1";
        assert_eq!(
            of_records(std::slice::from_ref(&mixed), &Outcome::Counted),
            [Outcome::Quarantined(why.into())]
        );
        assert_eq!(of_records(&[mixed], &Outcome::Unfinished), [Outcome::Unfinished]);
    }

    #[test]
    fn the_record_of_a_like_that_can_never_be_written_is_quarantined() {
        let why = Outcome::Quarantined("likes is a string".into());
        assert_eq!(of_records(&[event("a")], &why), [Outcome::Quarantined("likes is a string".into())]);
    }

    #[test]
    fn an_empty_record_is_quarantined() {
        let empty = Outcome::Quarantined("not an event: the record is empty".into());
        assert_eq!(of_records(&[vec![], b" \n".to_vec()], &Outcome::Counted), [empty.clone(), empty]);
    }
}
