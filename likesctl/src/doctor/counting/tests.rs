//! Which likes are not counted.

use super::*;
use crate::doctor::finding::Status;

/// A like of a movie; the number makes its id.
fn like(movie: &str, number: u8) -> LikeEvent {
    let id = format!("01a206c6-78fb-7cc3-98c4-dc0c0c0739{number:02x}");
    LikeEvent::new(id.parse().unwrap(), movie.parse().unwrap(), None)
}

fn likes(likes: &[LikeEvent]) -> Likes {
    likes.iter().map(|like| (like.key().to_string(), like.clone())).collect()
}

fn counts(counts: &[(&str, u64)]) -> HashMap<String, u64> {
    counts.iter().map(|(movie, likes)| ((*movie).to_owned(), *likes)).collect()
}

/// The statuses and texts of what is found.
fn judged(all: &[LikeEvent], missing: &[LikeEvent], counted: &[(&str, u64)]) -> Vec<(Status, String)> {
    let mut missing: Vec<_> = missing.iter().map(|like| like.key().to_string()).collect();
    missing.sort_unstable();
    let findings = judge(&likes(all), &missing, &counts(counted));
    findings.into_iter().map(|finding| (finding.status, finding.found)).collect()
}

#[test]
fn likes_with_entries_and_counts_that_include_them_are_fine() {
    let all = [like("a", 1), like("a", 2), like("b", 3)];
    // A count also includes likes that were archived earlier.
    for count in [2, 5] {
        let fine = (Status::Ok, "the 3 likes archived last are counted".to_owned());
        assert_eq!(judged(&all, &[], &[("a", count), ("b", 1)]), [fine]);
    }
    let one = (Status::Ok, "the like archived last is counted".to_owned());
    assert_eq!(judged(&all[..1], &[], &[("a", 1)]), [one]);
}

#[test]
fn a_like_without_an_entry_is_a_problem_and_its_count_is_not_another() {
    let all = [like("a", 1), like("a", 2)];
    let found = format!("1 of 2 likes archived last are not counted, such as {}", all[1].key());
    assert_eq!(judged(&all, &all[1..], &[("a", 1)]), [(Status::Problem, found)]);
}

#[test]
fn a_count_below_its_likes_entries_is_a_problem() {
    let all = [like("a", 1), like("a", 2), like("b", 3)];
    let found = "the counts of 2 movies are too low, such as a: 1, not at least 2".to_owned();
    assert_eq!(judged(&all, &[], &[("a", 1)]), [(Status::Problem, found)]);
}

#[test]
fn without_likes_nothing_is_known() {
    let nothing = "the archive has no likes of the last 7 days".to_owned();
    assert_eq!(judged(&[], &[], &[]), [(Status::NotChecked, nothing)]);
}
