//! Gathering likes by day, to be written as objects.

use std::collections::BTreeMap;

use jiff::civil::Date;
use like::LikeEvent;

/// Likes by day, up to a number of them in all.
#[derive(Debug)]
pub(super) struct ByDay {
    limit: usize,
    gathered: usize,
    days: BTreeMap<Date, Vec<LikeEvent>>,
}

impl ByDay {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, gathered: 0, days: BTreeMap::new() }
    }

    /// Adds a like. At the limit, returns the likes of the day that has the most, so that objects are large.
    pub(super) fn add(&mut self, like: LikeEvent) -> Option<(Date, Vec<LikeEvent>)> {
        self.days.entry(archive::day(&like)).or_default().push(like);
        self.gathered += 1;
        if self.gathered < self.limit {
            return None;
        }
        let (day, _) = self.days.iter().max_by_key(|(_, likes)| likes.len())?;
        let largest = self.days.remove_entry(&day.clone())?;
        self.gathered -= largest.1.len();
        Some(largest)
    }

    /// The likes that are left, day by day.
    pub(super) fn rest(self) -> impl Iterator<Item = (Date, Vec<LikeEvent>)> {
        self.days.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    fn clicked_on(day: u8) -> LikeEvent {
        let time: Timestamp = format!("2026-11-{:02}T12:00:00Z", day + 1).parse().unwrap();
        LikeEvent::new(LikeId::new(time), "m".parse().unwrap(), None)
    }

    #[test]
    fn at_the_limit_the_largest_day_is_returned() {
        let mut by_day = ByDay::new(4);
        for day in [0, 1, 0] {
            assert_eq!(by_day.add(clicked_on(day)), None);
        }
        let (day, likes) = by_day.add(clicked_on(2)).unwrap();
        assert_eq!((day.to_string().as_str(), likes.len()), ("2026-11-01", 2));
        assert_eq!(by_day.add(clicked_on(3)), None);
        assert_eq!(by_day.rest().count(), 3);
    }

    proptest! {
        #[test]
        fn every_like_is_returned_once_with_its_day_and_no_more_than_the_limit_are_gathered(
            days in proptest::collection::vec(0..5_u8, 0..60),
            limit in 1..9_usize,
        ) {
            let likes: Vec<_> = days.into_iter().map(clicked_on).collect();
            let mut by_day = ByDay::new(limit);
            let mut objects = Vec::new();
            for like in &likes {
                objects.extend(by_day.add(like.clone()));
                prop_assert!(by_day.days.values().map(Vec::len).sum::<usize>() < limit);
            }
            objects.extend(by_day.rest());
            for (day, likes) in &objects {
                prop_assert!(likes.iter().all(|like| archive::day(like) == *day));
            }
            let mut returned: Vec<_> = objects.into_iter().flat_map(|(_, likes)| likes).collect();
            let mut expected = likes;
            returned.sort_by_key(|like| like.like_id);
            expected.sort_by_key(|like| like.like_id);
            prop_assert_eq!(returned, expected);
        }
    }
}
