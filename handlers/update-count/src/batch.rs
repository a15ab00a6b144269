//! From the records of a batch to the likes in it: copies dropped, grouped by movie.

use std::collections::{BTreeMap, HashMap};

use like::{LikeEvent, LikeKey, MovieId};

/// A record's place in its batch.
pub type Position = usize;

/// One like of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// The first event of it in the batch.
    pub event: LikeEvent,
    /// The key under which the ledger remembers it.
    pub key: LikeKey,
    /// The records that carry it: what becomes of the like becomes of all of them.
    pub positions: Vec<Position>,
}

/// Groups a batch's events by movie; events of one key are one like.
#[must_use]
pub fn by_movie(events: impl IntoIterator<Item = (Position, LikeEvent)>) -> BTreeMap<MovieId, Vec<Like>> {
    let mut movies: BTreeMap<MovieId, Vec<Like>> = BTreeMap::new();
    let mut places: HashMap<LikeKey, usize> = HashMap::new();
    for (position, event) in events {
        let key = event.key();
        let likes = movies.entry(event.movie_id.clone()).or_default();
        // A key names its movie, so its place is one in this movie's list.
        if let Some(like) = places.get(&key).and_then(|&place| likes.get_mut(place)) {
            like.positions.push(position);
        } else {
            places.insert(key.clone(), likes.len());
            likes.push(Like { event, key, positions: vec![position] });
        }
    }
    movies
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn event(movie: &str, user: Option<&str>) -> LikeEvent {
        let user = user.map(|user| user.parse().unwrap());
        LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.parse().unwrap(), user)
    }

    /// The keys of a batch's likes with their positions, by movie.
    fn grouped(events: Vec<LikeEvent>) -> Vec<(String, Vec<Vec<Position>>)> {
        by_movie(events.into_iter().enumerate())
            .into_iter()
            .map(|(movie, likes)| (movie.to_string(), likes.into_iter().map(|like| like.positions).collect()))
            .collect()
    }

    #[test]
    fn copies_of_a_like_are_one_like_that_knows_all_its_records() {
        let (a, b) = (event("m", None), event("m", None));
        assert_eq!(grouped(vec![a.clone(), b, a]), [("m".into(), vec![vec![0, 2], vec![1]])]);
    }

    #[test]
    fn a_users_likes_of_a_movie_are_one_like_whatever_their_ids() {
        let events = vec![event("m", Some("u")), event("m", Some("v")), event("m", Some("u"))];
        assert_eq!(grouped(events), [("m".into(), vec![vec![0, 2], vec![1]])]);
    }

    #[test]
    fn one_id_or_user_on_two_movies_is_two_likes() {
        let a = event("a", None);
        let b = LikeEvent { movie_id: "b".parse().unwrap(), ..a.clone() };
        let events = vec![a, b, event("a", Some("u")), event("b", Some("u"))];
        let groups = grouped(events);
        assert_eq!(groups, [("a".into(), vec![vec![0], vec![2]]), ("b".into(), vec![vec![1], vec![3]])]);
    }

    proptest! {
        #[test]
        fn every_record_is_in_one_like_and_no_key_in_two(
            picks in proptest::collection::vec((0..3_u8, 0..3_u8), 0..40),
        ) {
            let events: Vec<_> =
                picks.iter().map(|(movie, user)| event(&format!("m{movie}"), Some(&format!("u{user}")))).collect();
            let movies = by_movie(events.clone().into_iter().enumerate());
            let likes: Vec<_> = movies.values().flatten().collect();

            let mut positions: Vec<_> = likes.iter().flat_map(|like| like.positions.clone()).collect();
            positions.sort_unstable();
            prop_assert_eq!(positions, (0..events.len()).collect::<Vec<_>>());

            let distinct: std::collections::HashSet<_> = likes.iter().map(|like| &like.key).collect();
            prop_assert_eq!(distinct.len(), likes.len());
            for like in likes {
                for &position in &like.positions {
                    prop_assert_eq!(&events[position].key(), &like.key);
                }
            }
        }
    }
}
