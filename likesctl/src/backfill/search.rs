//! Looking at every entry of the ledger.

use std::pin::pin;

use aws_sdk_dynamodb::types::AttributeValue;
use futures::{Stream, TryStreamExt};
use serde::Serialize;
use tables::{Item, LIKE_KEY, LedgerEntry};
use tracing::warn;

use super::{
    candidates::Candidates,
    error::BackfillError,
    judge::{Judge, Standing},
};
use crate::scan::{Page, ScanLedgerError};

/// What the ledger holds, besides likes that are missing.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    /// Entries of the selected movies.
    pub entries: u64,
    /// Likes that are too young to judge.
    pub young: u64,
    /// Likes that the archive lacks, and may have had in an object that has expired.
    pub expired: u64,
    /// Items that are not entries of likes.
    pub malformed: u64,
    /// The read units that all calls consumed.
    pub read_units: f64,
}

/// Judges every entry of the movies that are selected by their ids. Returns what was found, and the likes that the archive
/// may lack.
pub(super) async fn search(
    pages: impl Stream<Item = Result<Page, ScanLedgerError>>,
    judge: &Judge,
    is_selected: impl Fn(&str) -> bool,
) -> Result<(Found, Candidates), BackfillError> {
    let (mut found, mut candidates) = (Found::default(), Candidates::new()?);
    let mut pages = pin!(pages);
    while let Some(Page { items, read_units }) = pages.try_next().await? {
        found.read_units += read_units;
        for item in items {
            // The table's key is a string, so every item has it.
            let Some(Ok(key)) = item.get(LIKE_KEY).map(AttributeValue::as_s) else { continue };
            if !key.split('#').next().is_some_and(&is_selected) {
                continue;
            }
            found.entries += 1;
            look_at(item, judge, &mut found, &mut candidates)?;
        }
    }
    Ok((found, candidates))
}

fn look_at(
    item: Item,
    judge: &Judge,
    found: &mut Found,
    candidates: &mut Candidates,
) -> Result<(), BackfillError> {
    let key = item.get(LIKE_KEY).cloned();
    match LedgerEntry::read(item) {
        Ok(like) => match judge.standing(&like) {
            Standing::Archived => {}
            Standing::Missing => candidates.add(&like)?,
            Standing::Young => found.young += 1,
            Standing::Expired => found.expired += 1,
        },
        Err(error) => {
            warn!(?key, %error, "an item of the ledger is not the entry of a like");
            found.malformed += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use archive::Line;
    use futures::stream;
    use jiff::{SignedDuration, Timestamp, ToSpan};
    use like::{LikeEvent, LikeId, LikeKey};
    use proptest::prelude::*;
    use tables::key;
    use tally::Tally;

    use super::*;
    use crate::backfill::judge;

    /// The age at which the archive's objects expire.
    const DAYS: i64 = 30;

    fn now() -> Timestamp {
        "2026-11-23T05:00:00Z".parse().unwrap()
    }

    fn line(like: &LikeEvent) -> Line {
        Line { like: Some(like.clone()), written: 0 }
    }

    fn judge<'a>(archived: impl IntoIterator<Item = &'a LikeEvent>) -> Judge {
        let mut archive = Tally::new(Timestamp::MAX, Timestamp::MAX);
        archived.into_iter().for_each(|like| archive.add(&line(like)));
        let expire_after_days = u32::try_from(DAYS).unwrap();
        Judge { archive, settled: now() - 1.minute(), expired: judge::expired(now(), expire_after_days) }
    }

    /// A page with the entries of likes.
    fn page(likes: &[&LikeEvent]) -> Page {
        let entries = likes.iter().map(|like| LedgerEntry::new(like).to_item().unwrap());
        Page { items: entries.collect(), read_units: 0.5 }
    }

    async fn search_pages(pages: Vec<Page>, judge: &Judge, movie: Option<&str>) -> (Found, Candidates) {
        let is_selected = |candidate: &str| movie.is_none_or(|movie| movie == candidate);
        search(stream::iter(pages.into_iter().map(Ok)), judge, is_selected).await.unwrap()
    }

    /// A like of few movies and users, so that some share a key.
    fn any_like() -> impl Strategy<Value = LikeEvent> {
        let minutes =
            proptest::sample::select(vec![0, 1, 2, 60, 30 * 24 * 60 - 6, 30 * 24 * 60 - 4, 90 * 24 * 60]);
        (0..3_u8, proptest::option::of(0..4_u8), minutes).prop_map(|(movie, user, minutes)| {
            let clicked = now() - SignedDuration::from_mins(minutes);
            let user = user.map(|user| format!("u{user}").parse().unwrap());
            LikeEvent::new(LikeId::new(clicked), format!("m{movie}").parse().unwrap(), user)
        })
    }

    fn keys<'a>(likes: impl IntoIterator<Item = &'a LikeEvent>) -> BTreeSet<LikeKey> {
        likes.into_iter().map(LikeEvent::key).collect()
    }

    proptest! {
        /// Whatever the ledger and the archive have in common.
        #[test]
        fn missing_is_what_the_ledger_has_and_the_archive_lacks_between_the_expired_and_the_young(
            likes in proptest::collection::vec((any_like(), any::<[bool; 3]>()), 0..40),
            movie in proptest::option::of(proptest::sample::select(vec!["m0", "m1"])),
            page_size in 1..9_usize,
        ) {
            let part = |wanted: usize| likes.iter().filter(move |(_, parts)| parts[wanted]).map(|(like, _)| like);
            let ledger: BTreeMap<_, _> = part(0).map(|like| (like.key(), like)).collect();
            let (archived, archived_later) = (part(1), part(2));
            let selected = ledger.values().filter(|like| movie.is_none_or(|movie| movie == like.movie_id.as_str()));
            let selected: Vec<_> = selected.copied().collect();
            let in_archive = keys(archived.clone());
            let lacking: Vec<_> = selected.iter().filter(|like| !in_archive.contains(&like.key())).collect();
            let is_young = |like: &LikeEvent| like.liked_at() > now() - 1.minute();
            let is_expired =
                |like: &LikeEvent| like.liked_at() <= now() - SignedDuration::from_hours(DAYS * 24) + 5.minutes();

            let mut judge = judge(archived);
            let pages: Vec<_> = ledger.values().copied().collect::<Vec<_>>().chunks(page_size).map(page).collect();
            let read_units = pages.iter().map(|page| page.read_units).sum();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (found, mut candidates) = runtime.block_on(search_pages(pages, &judge, movie));
            let number = |wanted: &dyn Fn(&LikeEvent) -> bool| {
                u64::try_from(lacking.iter().filter(|like| wanted(like)).count()).unwrap()
            };
            prop_assert_eq!(found, Found {
                entries: selected.len() as u64,
                young: number(&is_young),
                expired: number(&is_expired),
                malformed: 0,
                read_units,
            });
            prop_assert_eq!(candidates.number, number(&|like| !is_young(like) && !is_expired(like)));

            // What Firehose wrote in the meantime is not missing.
            for like in archived_later.clone() {
                judge.archive.add(&line(like));
            }
            let in_archive = keys(archived_later);
            let missing = lacking.iter().filter(|like| !is_young(like) && !is_expired(like));
            let missing = keys(missing.filter(|like| !in_archive.contains(&like.key())).map(|like| **like));
            for _ in 0..2 {
                let read: Vec<_> = candidates.missing(&judge.archive).unwrap().map(Result::unwrap).collect();
                prop_assert!(read.iter().all(|like| ledger.get(&like.key()) == Some(&like)));
                prop_assert_eq!((read.len(), keys(&read)), (missing.len(), missing.clone()));
            }
            let mut of_movies = BTreeMap::new();
            for key in &missing {
                *of_movies.entry(key.as_str().split('#').next().unwrap().to_owned()).or_default() += 1;
            }
            prop_assert_eq!(candidates.missing_of_movies(&judge.archive).unwrap(), of_movies);
        }
    }

    #[tokio::test]
    async fn an_item_that_is_no_entry_is_counted_and_stops_no_other() {
        let like = LikeEvent::new(LikeId::new(now() - 1.hour()), "m".parse().unwrap(), None);
        let mut entries = page(&[&like]);
        entries.items.insert(0, key(LIKE_KEY, "m#junk"));
        let (found, candidates) = search_pages(vec![entries], &judge([]), Some("m")).await;
        assert_eq!((found.entries, found.malformed, candidates.number), (2, 1, 1));
    }
}
