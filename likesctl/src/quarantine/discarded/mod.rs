//! Bringing back the likes of records that Lambda discarded: from the stream, or else from the archive.

mod arrival;
mod found;
mod republish;
mod search;
#[cfg(test)]
mod tests;

use aws_sdk_kinesis::Client;
use jiff::{SignedDuration, Timestamp};
use like::LikeEvent;
use stack::Outputs;
use stream::{Range, Stream};
use tokio::sync::Mutex;

use self::republish::Republish;
pub(super) use self::{
    arrival::Arrival,
    found::{Found, Place},
    search::Search,
};
use super::{error::QuarantineError, message::DiscardedBatch, not_redrivable::NotRedrivable};
use crate::{
    retention::{Retention, RetentionError},
    survey,
};

/// What a like may take to the archive beside Firehose's buffering. As long as for `rebuild`, since something is written.
const SLACK: SignedDuration = SignedDuration::from_mins(4);

/// Where the records are that messages are about, and the stream that they are put on again.
pub(super) struct Sources {
    pub stream: Stream,
    /// How long the stream keeps records.
    pub retention: SignedDuration,
    /// The archive. One message at a time is worked on: so each object is read once, one range is in memory, and `UpdateCount`
    /// and Firehose are left most of a shard's 5 reads a second.
    pub search: Mutex<Search>,
    /// What arrived by then is in the archive, unless its delivery is late.
    pub settled: Timestamp,
    /// How long the archive keeps objects, if not for ever.
    pub expiry: Option<SignedDuration>,
}

impl Sources {
    /// The sources of a stack.
    pub(super) async fn of(
        outputs: &Outputs,
        kinesis: Client,
        search: Search,
    ) -> Result<Self, RetentionError> {
        let days = outputs.archive_expire_after_days;
        Ok(Self {
            retention: Retention::of(&kinesis, &outputs.stream_name).await?.period,
            stream: Stream::new(kinesis, outputs.stream_name.clone()),
            search: Mutex::new(search),
            settled: survey::settled(survey::default_margin(outputs, SLACK)),
            expiry: (days > 0).then(|| SignedDuration::from_hours(i64::from(days) * 24)),
        })
    }

    /// Puts the records of a batch on the stream again, if all of them are on it still; or else those likes of the archive
    /// that may be in them and that the ledger lacks.
    ///
    /// Likes beside the batch's own may be among them. That is harmless: none has an entry in the ledger, and however often
    /// a like is on the stream, it is counted once.
    pub(super) async fn redrive(
        &self,
        batch: &DiscardedBatch,
        dry_run: bool,
    ) -> Result<Found, NotRedrivable> {
        let republish = Republish { stream: &self.stream, retention: self.retention, dry_run };
        let mut search = self.search.lock().await;
        let arrival = batch.arrival();
        let age = Timestamp::now().duration_since(arrival.first);
        if age < self.retention
            && let Some(found) = from_stream(batch, republish).await?
        {
            return Ok(found);
        }
        if arrival.last > self.settled {
            let seconds = arrival.last.duration_since(self.settled).as_secs() + 1;
            return Err(NotRedrivable::Unsettled(SignedDuration::from_secs(seconds)));
        }
        // S3 deletes no object earlier, and an object is written after its records arrived.
        if self.expiry.is_some_and(|expiry| age >= expiry) {
            return Err(NotRedrivable::Expired);
        }
        let found = search.run(arrival, republish).await?;
        match found.place {
            Place::Archive { objects: 0, .. } => Err(NotRedrivable::NoObject),
            _ => Ok(found),
        }
    }
}

/// Puts the records of a batch on the stream again, byte for byte; `None` if some have left it.
async fn from_stream(
    batch: &DiscardedBatch,
    republish: Republish<'_>,
) -> Result<Option<Found>, QuarantineError> {
    let DiscardedBatch { shard_id, start_sequence_number, end_sequence_number, .. } = batch;
    let range = Range { shard: shard_id, start: start_sequence_number, end: end_sequence_number };
    let Some(mut records) = republish.stream.read(range).await? else {
        return Ok(None);
    };
    let mut too_old = 0;
    records.retain(|record| {
        let likes = LikeEvent::decode_lines(&record.data).flatten();
        let old = likes.filter(|like| republish.is_too_old(like)).count() as u64;
        too_old += old;
        old == 0
    });
    let found = Found { place: Place::Stream { records: records.len() as u64 }, too_old };
    republish.put(records).await?;
    Ok(Some(found))
}
