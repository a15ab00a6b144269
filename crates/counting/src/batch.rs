//! Deduplicates the events of a batch and groups them by movie, in order of arrival.

use std::collections::{HashMap, hash_map::Entry};

use like::{LikeEvent, LikeKey, MovieId};

/// A line's index among all lines of a batch.
pub type Position = usize;

/// One like of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Like {
    /// Its first event in the batch.
    pub event: LikeEvent,
    /// The key of its ledger entry.
    pub key: LikeKey,
    /// The lines with its events, which all share the like's outcome.
    pub positions: Vec<Position>,
}

/// Deduplicates events: returns each like once, in the order in which their first events arrived.
#[must_use]
pub fn distinct(events: impl IntoIterator<Item = (Position, LikeEvent)>) -> Vec<Like> {
    let mut likes: Vec<Like> = Vec::new();
    let mut places: HashMap<LikeKey, usize> = HashMap::new();
    for (position, event) in events {
        match places.entry(event.key()) {
            Entry::Occupied(place) => {
                if let Some(like) = likes.get_mut(*place.get()) {
                    like.positions.push(position);
                }
            }
            Entry::Vacant(place) => {
                let key = place.key().clone();
                place.insert(likes.len());
                likes.push(Like { event, key, positions: vec![position] });
            }
        }
    }
    likes
}

/// Groups likes by movie. Movies, and the likes of each, keep the order in which they arrived.
///
/// Lambda redelivers from the first record that failed. If movies were not in order of arrival, a batch that takes more
/// than one invocation could start with the same movies each time and make no progress.
#[must_use]
pub fn by_movie(likes: impl IntoIterator<Item = Like>) -> Vec<(MovieId, Vec<Like>)> {
    let mut movies: Vec<(MovieId, Vec<Like>)> = Vec::new();
    let mut places: HashMap<MovieId, usize> = HashMap::new();
    for like in likes {
        let movie = like.event.movie_id.clone();
        let place = *places.entry(movie.clone()).or_insert(movies.len());
        match movies.get_mut(place) {
            Some((_, likes)) => likes.push(like),
            None => movies.push((movie, vec![like])),
        }
    }
    movies
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::Timestamp;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn event(movie: &str, user: Option<&str>) -> LikeEvent {
        let user = user.map(|user| user.parse().unwrap());
        LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.parse().unwrap(), user)
    }

    /// The positions of a batch's likes, by movie.
    fn grouped(events: Vec<LikeEvent>) -> Vec<(String, Vec<Vec<Position>>)> {
        by_movie(distinct(events.into_iter().enumerate()))
            .into_iter()
            .map(|(movie, likes)| (movie.to_string(), likes.into_iter().map(|like| like.positions).collect()))
            .collect()
    }

    #[test]
    fn copies_of_a_like_are_one_like_with_the_positions_of_all_its_lines() {
        let (a, b) = (event("m", None), event("m", None));
        assert_eq!(grouped(vec![a.clone(), b, a]), [("m".into(), vec![vec![0, 2], vec![1]])]);
    }

    #[test]
    fn a_users_likes_of_a_movie_are_one_like_with_the_first_event() {
        let events = [event("m", Some("u")), event("m", Some("v")), event("m", Some("u"))];
        let likes = distinct(events.clone().into_iter().enumerate());
        let first: Vec<_> = likes.iter().map(|like| (&like.event, like.positions.as_slice())).collect();
        assert_eq!(first, [(&events[0], &[0, 2][..]), (&events[1], &[1][..])]);
    }

    #[test]
    fn the_same_id_or_user_on_two_movies_is_two_likes() {
        let a = event("a", None);
        let b = LikeEvent { movie_id: "b".parse().unwrap(), ..a.clone() };
        let events = vec![a, b, event("a", Some("u")), event("b", Some("u"))];
        let groups = grouped(events);
        assert_eq!(groups, [("a".into(), vec![vec![0], vec![2]]), ("b".into(), vec![vec![1], vec![3]])]);
    }

    #[test]
    fn ids_that_differ_in_case_are_different_movies_and_users() {
        let id = event("m", None);
        let other = LikeEvent { movie_id: "M".parse().unwrap(), ..id.clone() };
        let events = vec![id, other, event("m", Some("u")), event("m", Some("U"))];
        assert_eq!(
            grouped(events),
            [("m".into(), vec![vec![0], vec![2], vec![3]]), ("M".into(), vec![vec![1]])]
        );
    }

    #[test]
    fn movies_are_in_order_of_arrival() {
        let events = ["b", "c", "a", "b"].map(|movie| event(movie, None)).to_vec();
        let order: Vec<_> = grouped(events).into_iter().map(|(movie, _)| movie).collect();
        assert_eq!(order, ["b", "c", "a"]);
    }

    proptest! {
        #[test]
        fn every_line_is_in_exactly_one_like_every_key_is_unique_and_all_are_in_order(
            picks in proptest::collection::vec((0..3_u8, 0..3_u8), 0..40),
        ) {
            let events: Vec<_> =
                picks.iter().map(|(movie, user)| event(&format!("m{movie}"), Some(&format!("u{user}")))).collect();
            let movies = by_movie(distinct(events.clone().into_iter().enumerate()));
            let likes: Vec<_> = movies.iter().flat_map(|(_, likes)| likes).collect();

            let mut positions: Vec<_> = likes.iter().flat_map(|like| like.positions.clone()).collect();
            positions.sort_unstable();
            prop_assert_eq!(positions, (0..events.len()).collect::<Vec<_>>());

            let keys: HashSet<_> = likes.iter().map(|like| &like.key).collect();
            prop_assert_eq!(keys.len(), likes.len());
            for like in likes {
                for &position in &like.positions {
                    prop_assert_eq!(&events[position].key(), &like.key);
                }
            }
            prop_assert!(movies.iter().map(|(_, likes)| likes[0].positions[0]).is_sorted());
            for (movie, likes) in &movies {
                prop_assert!(likes.iter().all(|like| like.event.movie_id == *movie));
                prop_assert!(likes.iter().map(|like| like.positions[0]).is_sorted());
            }
        }
    }
}
