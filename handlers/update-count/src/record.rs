//! From the records of a batch to their lines, and from what became of the lines to what becomes of the records.

use std::ops::Range;

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use like::LikeEvent;

use crate::{
    batch::{Like, Position},
    count::Outcome,
};

/// What is to be done about a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing: its likes are in the counts.
    Done,
    /// A line of it can never be counted, and why; its other lines are in the counts.
    Unfit(String),
    /// Nothing more: the quarantine has it.
    Quarantined,
    /// It must be delivered again.
    Unfinished,
}

/// What became of the lines of a batch's records.
#[derive(Debug)]
pub(crate) struct Outcomes {
    lines: Vec<Outcome>,
    /// The places of each record's lines.
    records: Vec<Range<Position>>,
}

/// Reads the lines of records: those that are events are still to be counted.
pub(crate) fn read(records: &[KinesisEventRecord]) -> (Outcomes, Vec<(Position, LikeEvent)>) {
    let (mut lines, mut events) = (Vec::with_capacity(records.len()), Vec::with_capacity(records.len()));
    let places = records.iter().map(|record| {
        let start = lines.len();
        for line in LikeEvent::decode_lines(&record.kinesis.data) {
            lines.push(match line {
                Ok(event) => {
                    events.push((lines.len(), event));
                    Outcome::Unwritten
                }
                Err(error) => Outcome::Invalid(error.to_string()),
            });
        }
        start..lines.len()
    });
    let records = places.collect();
    (Outcomes { lines, records }, events)
}

impl Outcomes {
    /// Gives a like's lines what became of it. The first line counts it; the others are copies.
    pub(crate) fn settle(&mut self, like: &Like, outcome: &Outcome) {
        for (copy, &position) in like.positions.iter().enumerate() {
            if let Some(line) = self.lines.get_mut(position) {
                *line = match outcome {
                    Outcome::Counted if copy > 0 => Outcome::Known,
                    outcome => outcome.clone(),
                };
            }
        }
    }

    /// What is to be done about each record.
    pub(crate) fn fates(&self) -> Vec<Fate> {
        let lines = self.records.iter().map(|lines| self.lines.get(lines.clone()).unwrap_or_default());
        lines.map(fate).collect()
    }

    /// The number of lines with this outcome.
    pub(crate) fn number(&self, outcome: &Outcome) -> usize {
        self.lines.iter().filter(|line| *line == outcome).count()
    }
}

fn fate(lines: &[Outcome]) -> Fate {
    if lines.is_empty() {
        return Fate::Unfit("not an event: the record is empty".to_owned());
    }
    if lines.contains(&Outcome::Unwritten) {
        return Fate::Unfinished;
    }
    let unfit = (1..).zip(lines).find_map(|(number, line)| match line {
        Outcome::Invalid(why) if lines.len() > 1 => Some(format!("line {number} of {}: {why}", lines.len())),
        Outcome::Invalid(why) => Some(why.clone()),
        _ => None,
    });
    unfit.map_or(Fate::Done, Fate::Unfit)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use like::LikeId;

    use super::*;
    use crate::batch::distinct;

    fn record(data: &[u8]) -> KinesisEventRecord {
        let mut record = KinesisEventRecord::default();
        record.kinesis.data.0 = data.to_vec();
        record
    }

    fn event(movie: &str) -> Vec<u8> {
        let id = LikeId::new(Timestamp::UNIX_EPOCH);
        LikeEvent::new(id, movie.parse().unwrap(), None).encode().unwrap()
    }

    /// What becomes of records when each of their likes has this outcome.
    fn fates(records: &[Vec<u8>], outcome: &Outcome) -> Vec<Fate> {
        let records: Vec<_> = records.iter().map(|data| record(data)).collect();
        let (mut outcomes, events) = read(&records);
        for like in distinct(events) {
            outcomes.settle(&like, outcome);
        }
        outcomes.fates()
    }

    #[test]
    fn every_line_of_a_record_is_a_like_of_its_own() {
        let two = [event("a"), event("b")].concat();
        let (mut outcomes, events) = read(&[record(&two), record(&event("c"))]);
        assert_eq!(events.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 1, 2]);
        let likes = distinct(events);
        outcomes.settle(&likes[0], &Outcome::Counted);
        outcomes.settle(&likes[2], &Outcome::Counted);
        assert_eq!(outcomes.fates(), [Fate::Unfinished, Fate::Done], "its second like is not counted");
        outcomes.settle(&likes[1], &Outcome::Known);
        assert_eq!(outcomes.fates(), [Fate::Done, Fate::Done]);
    }

    #[test]
    fn copies_are_known_and_not_counted() {
        let event = event("m");
        let (mut outcomes, events) = read(&[record(&event), record(&event), record(&event)]);
        outcomes.settle(&distinct(events)[0], &Outcome::Counted);
        assert_eq!((outcomes.number(&Outcome::Counted), outcomes.number(&Outcome::Known)), (1, 2));
    }

    #[test]
    fn a_record_with_a_line_that_is_no_event_is_unfit_once_its_likes_are_counted() {
        let mixed = [event("a"), b"junk\n".to_vec(), event("b")].concat();
        let why = "line 2 of 3: not an event: expected value at line 1 column 1";
        assert_eq!(fates(std::slice::from_ref(&mixed), &Outcome::Counted), [Fate::Unfit(why.into())]);
        assert_eq!(fates(&[mixed], &Outcome::Unwritten), [Fate::Unfinished]);
    }

    #[test]
    fn a_like_that_can_never_be_written_makes_its_record_unfit_and_never_done() {
        let why = Outcome::Invalid("likes is a string".into());
        assert_eq!(fates(&[event("a")], &why), [Fate::Unfit("likes is a string".into())]);
    }

    #[test]
    fn an_empty_record_is_unfit() {
        let empty = Fate::Unfit("not an event: the record is empty".into());
        assert_eq!(fates(&[vec![], b" \n".to_vec()], &Outcome::Counted), [empty.clone(), empty]);
    }
}
