//! Searches the archive for likes that the ledger lacks.

use std::collections::{HashMap, hash_map::Entry};

use ::stream::Record;
use archive::{Archive, ArchiveError, Line, Object};
use futures::{StreamExt, TryStreamExt, stream, stream::TryChunksError};
use indicatif::ProgressBar;
use jiff::civil::Date;
use like::LikeEvent;
use tables::MAX_KEYS;

use super::{
    arrival::Arrival,
    found::{Found, Place},
    republish::Republish,
};
use crate::{ledger::Ledger, quarantine::error::QuarantineError};

/// How many objects are read at once.
const OBJECTS: usize = 8;
/// How many reads of the ledger are in flight at once for each of them.
const LOOKUPS: usize = 4;

/// A search of the archive that goes on from message to message, and reads no object twice.
pub(in crate::quarantine) struct Search {
    pub archive: Archive,
    pub ledger: Ledger,
    pub progress: ProgressBar,
    /// The objects in the folders of days, as listed when they were first needed.
    pub days: HashMap<Date, Vec<Object>>,
    /// What was found in the objects that have been searched, by their keys.
    pub searched: HashMap<String, Tally>,
}

/// How many likes were found.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::quarantine) struct Tally {
    likes: u64,
    /// Of these, those that the ledger lacks.
    missing: u64,
    /// Of the missing ones, those that are too old to be put on the stream.
    too_old: u64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self {
            likes: self.likes + other.likes,
            missing: self.missing + other.missing,
            too_old: self.too_old + other.too_old,
        }
    }
}

impl Search {
    pub(in crate::quarantine) fn new(archive: Archive, ledger: Ledger, progress: ProgressBar) -> Self {
        Self { archive, ledger, progress, days: HashMap::new(), searched: HashMap::new() }
    }

    /// Searches the objects that may hold records that arrived then, and puts the likes that the ledger lacks on the stream.
    /// Returns what is in these objects, whether they were searched before or now.
    pub(super) async fn run(
        &mut self,
        arrival: Arrival,
        republish: Republish<'_>,
    ) -> Result<Found, QuarantineError> {
        let Self { archive, ledger, progress, days, searched } = self;
        let mut objects = Vec::new();
        for day in arrival.days(republish.retention) {
            let of_day = match days.entry(day) {
                Entry::Occupied(listed) => listed.into_mut(),
                Entry::Vacant(unlisted) => unlisted.insert(archive.objects_of(day).await?),
            };
            objects.extend(of_day.iter().filter(|object| arrival.may_be_in(object)).cloned());
        }
        let new: Vec<_> =
            objects.iter().filter(|object| !searched.contains_key(&object.key)).cloned().collect();
        let number = new.len();
        let mut done = 0;
        let report = |done: usize| progress.set_message(format!("object {done} of {number} in the archive"));
        let tallies = stream::iter(new).map(async |object| {
            let key = object.key.clone();
            Ok::<_, QuarantineError>((key, in_object(archive, ledger, object, republish).await?))
        });
        let mut tallies = tallies.buffer_unordered(OBJECTS);
        while let Some((key, tally)) = tallies.try_next().await? {
            searched.insert(key, tally);
            done += 1;
            report(done);
        }
        drop(tallies);
        progress.set_message("");
        let tallies = objects.iter().filter_map(|object| searched.get(&object.key));
        let Tally { likes, missing, too_old } = tallies.copied().fold(Tally::default(), Tally::plus);
        Ok(Found { place: Place::Archive { objects: objects.len() as u64, likes, missing }, too_old })
    }
}

/// Searches one object.
async fn in_object(
    archive: &Archive,
    ledger: &Ledger,
    object: Object,
    republish: Republish<'_>,
) -> Result<Tally, QuarantineError> {
    let likes = |lines: Vec<Line>| stream::iter(lines.into_iter().filter_map(|line| line.like).map(Ok));
    let likes = archive.lines(vec![object], 1, |_| ()).map_ok(likes).try_flatten();
    let tallies = likes
        .try_chunks(MAX_KEYS)
        .map_err(|failure: TryChunksError<_, ArchiveError>| QuarantineError::from(failure.1))
        .map_ok(|likes| among(likes, ledger, republish))
        .try_buffer_unordered(LOOKUPS);
    tallies.try_fold(Tally::default(), async |sum, tally| Ok(sum.plus(tally))).await
}

/// Puts those of up to [`MAX_KEYS`] likes on the stream that the ledger lacks, except those that are too old.
async fn among(
    likes: Vec<LikeEvent>,
    ledger: &Ledger,
    republish: Republish<'_>,
) -> Result<Tally, QuarantineError> {
    let number = likes.len() as u64;
    let missing = ledger.missing(likes).await?;
    let young = missing.iter().filter(|like| !republish.is_too_old(like));
    let records = young.map(Record::of).collect::<Result<Vec<_>, _>>()?;
    let too_old = (missing.len() - records.len()) as u64;
    republish.put(records).await?;
    Ok(Tally { likes: number, missing: missing.len() as u64, too_old })
}
