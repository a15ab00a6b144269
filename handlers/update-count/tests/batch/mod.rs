//! Batches as Lambda delivers them.

use aws_lambda_events::event::kinesis::{KinesisEvent, KinesisEventRecord};
use jiff::Timestamp;
use like::{LikeEvent, LikeId};

/// The event of a new like of this movie.
pub(crate) fn like(movie: &str) -> Vec<u8> {
    let id = LikeId::new(Timestamp::UNIX_EPOCH);
    LikeEvent::new(id, movie.parse().unwrap(), None).encode().unwrap()
}

/// A batch of records with this data. Their sequence numbers count from 0.
pub(crate) fn batch(data: impl IntoIterator<Item = Vec<u8>>) -> KinesisEvent {
    let record = |(number, data): (usize, Vec<u8>)| {
        let mut record = KinesisEventRecord::default();
        record.kinesis.sequence_number = number.to_string();
        record.kinesis.data.0 = data;
        record
    };
    let mut event = KinesisEvent::default();
    event.records = data.into_iter().enumerate().map(record).collect();
    event
}
