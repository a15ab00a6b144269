//! Comparing the counts and the ledger with the archive, movie by movie.

use std::collections::HashSet;

use aws_sdk_dynamodb::Client;
use jiff::Timestamp;

use super::{
    error::RebuildError,
    missing::{Lacking, Missing},
    plan::{Left, Plan, Standing},
    repair::Repair,
    source::Source,
};
use crate::{
    counts::{self, Counts},
    ledger::Ledger,
    survey::{self, LikeHash, Likes, Survey, Tally},
};

/// What is compared with what.
pub(super) struct Comparison<'a> {
    pub source: &'a Source,
    pub tally: Tally,
    pub settled: Timestamp,
    pub ledger: Ledger,
    pub client: Client,
    pub counts_table: &'a str,
    /// Whether likes may have expired from the archive.
    pub expires: bool,
}

impl Comparison<'_> {
    /// The movies that need a repair, and the likes that the ledger lacks.
    pub(super) async fn repairs(&self) -> Result<(Vec<Repair>, Missing), RebuildError> {
        let missing = self.source.missing(&self.tally, &self.ledger).await?;
        // Read last: a like that was counted in the meantime makes the count look more complete, never less.
        let counts = counts::read(&self.client, self.counts_table).await?;
        let mut movies = repairs(&self.tally.survey(), &missing, &counts, self.settled, self.expires);
        movies.retain(|repair| self.source.is_selected(&repair.movie_id));
        Ok((movies, missing))
    }
}

fn repairs(
    survey: &Survey,
    missing: &Missing,
    counts: &Counts,
    settled: Timestamp,
    expires: bool,
) -> Vec<Repair> {
    let movies = survey::movies(survey, counts).into_iter().map(|movie| {
        let Likes { archived, young } = survey.likes(movie);
        let count = counts.counts.get(movie);
        let read = count.map(|count| count.likes);
        let number = |likes: fn(&Lacking) -> &HashSet<LikeHash>| {
            missing.get(movie).map_or(0, |lacking| likes(lacking).len() as u64)
        };
        let forgotten = count.map_or(0, |count| count.forgotten);
        let ending = number(|lacking| &lacking.ending);
        let plan = if counts.malformed.contains_key(movie) {
            Plan { left: Some(Left::Malformed), ..Plan::default() }
        } else {
            Plan::new(Standing {
                // The archive and the ledger have forgotten them; nothing can add them any more.
                archived: archived - ending + forgotten,
                young: young + ending,
                missing: number(|lacking| &lacking.likes),
                on_stream: number(|lacking| &lacking.on_stream),
                counted: read.unwrap_or(0),
                quiet: count.is_none_or(|count| count.updated <= settled),
                expires,
            })
        };
        Repair { movie_id: movie.clone(), archived, counted: read.unwrap_or(0), plan, read }
    });
    movies.filter(|movie| !movie.plan.is_nothing()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::counts::Count;

    #[test]
    fn a_count_is_raised_to_what_the_archive_has_and_what_it_keeps_of_forgotten_users() {
        let survey = Survey {
            movies: BTreeMap::from([("m".to_owned(), Likes { archived: 3, young: 0 })]),
            ..Survey::default()
        };
        let planned = |likes, forgotten| {
            let count = Count { likes, forgotten, updated: Timestamp::UNIX_EPOCH };
            let counts = Counts { counts: [("m".to_owned(), count)].into(), ..Counts::default() };
            let mut repairs = repairs(&survey, &Missing::new(), &counts, Timestamp::UNIX_EPOCH, false);
            repairs.pop().map(|Repair { archived, plan, .. }| (archived, plan.raise_to, plan.left))
        };
        assert_eq!(planned(5, 2), None);
        assert_eq!(planned(4, 2), Some((3, Some(5), None)));
        assert_eq!(planned(5, 1), Some((3, None, Some(Left::TooHigh))));
    }
}
