//! What is wrong with a movie, and what to do about it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use serde::Serialize;

use super::{
    error::RebuildError,
    plan::{Left, Plan},
    writer::Written,
};
use crate::counts;

/// A movie that needs a repair.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repair {
    pub movie_id: String,
    pub archived: u64,
    pub counted: u64,
    #[serde(flatten)]
    pub plan: Plan,
    /// The count as it was read; none if the movie has none.
    #[serde(skip)]
    pub read: Option<u64>,
}

/// Raises the counts for which that is planned and returns how many it raised. Notes in the plan where somebody else
/// wrote the count in the meantime.
pub(super) async fn raise(
    client: &Client,
    table: &str,
    movies: &mut [Repair],
    written: &HashMap<String, Written>,
) -> Result<u64, RebuildError> {
    let mut raised = 0;
    for Repair { movie_id, plan, read, .. } in movies {
        let (Some(likes), None) = (plan.raise_to, plan.left) else { continue };
        let expected = match written.get(movie_id).map(|written| written.added) {
            Some(added) if added > 0 => Some(read.unwrap_or(0) + added),
            _ => *read,
        };
        if counts::raise(client, table, movie_id, expected, likes).await? {
            raised += 1;
        } else {
            plan.left = Some(Left::Moving);
        }
    }
    Ok(raised)
}

/// A plan for a person to read.
pub(super) fn describe(plan: &Plan) -> String {
    let Plan { add, enter, raise_to, left } = plan;
    let mut words = Vec::new();
    if *add > 0 {
        words.push(format!("add {add} by the ledger's transaction"));
    }
    if *enter > 0 {
        words.push(format!("enter {enter} into the ledger"));
    }
    if let Some(likes) = raise_to {
        words.push(format!("raise to {likes}"));
    }
    words.extend(left.map(|left| {
        let why = match left {
            Left::Moving => {
                "left: likes are coming in, so it is not certain which the count has; run this again later"
            }
            Left::TooHigh => {
                "left: the count is too high, or likes are missing from the archive, which likesctl backfill finds; nothing \
                 lowers a count"
            }
            Left::Unwritten => "left: some likes could not be written; see the warnings above",
            Left::OnStream => {
                "left: likes that the ledger lacks may still be on the stream; run this again once they have left it, or \
                 with --caught-up"
            }
            Left::Expired => {
                "left: likes that the count has expired from the archive, so it is not certain which it lacks"
            }
            Left::Malformed => "left: an item of its count is malformed; delete those whose key is the movie or starts with it and #, and run this again",
        };
        why.to_owned()
    }));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::{
        operation::{
            batch_get_item::BatchGetItemOutput,
            update_item::{UpdateItemError, UpdateItemOutput},
        },
        types::{AttributeValue, error::ConditionalCheckFailedException},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::{
        super::report::{Done, RebuildReport},
        *,
    };
    use crate::{exit::Exit, report::Report};

    /// A movie whose count was read to be this, and is to be raised to 10.
    fn too_low(read: Option<u64>) -> Repair {
        let plan = Plan { raise_to: Some(10), ..Plan::default() };
        Repair { movie_id: "m".into(), archived: 10, counted: read.unwrap_or(0), plan, read }
    }

    async fn raised(rule: &Rule, movie: Repair, added: &[(&str, u64)]) -> RebuildReport {
        let no_cells = mock!(Client::batch_get_item).then_output(|| BatchGetItemOutput::builder().build());
        let client = mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, [rule, &no_cells]);
        let mut movies = vec![movie];
        let written =
            |&(movie, added): &(&str, u64)| (movie.to_owned(), Written { added, ..Written::default() });
        let written = added.iter().map(written).collect();
        let raised = raise(&client, "counts", &mut movies, &written).await.unwrap();
        RebuildReport { done: Some(Done { raised, ..Done::default() }), movies, open: Some(Vec::new()) }
    }

    #[tokio::test]
    async fn a_count_is_raised_from_what_was_read_and_what_was_added_since() {
        for (read, added, expected) in [
            (Some(4), &[][..], Some("4")),
            (Some(4), &[("m", 3)], Some("7")),
            (None, &[("m", 3)], Some("3")),
            (None, &[], None),
        ] {
            let rule = mock!(Client::update_item)
                .match_requests(move |input| {
                    let read = input.expression_attribute_values().unwrap().get(":read");
                    read == expected.map(|likes| AttributeValue::N(likes.to_owned())).as_ref()
                })
                .then_output(|| UpdateItemOutput::builder().build());
            let report = raised(&rule, too_low(read), added).await;
            assert_eq!((report.exit(), report.done.unwrap().raised), (Exit::Fine, 1));
            assert_eq!(rule.num_calls(), 1, "{read:?} {added:?}");
        }
    }

    #[tokio::test]
    async fn it_does_not_end_well_when_likes_came_in_before_a_count_was_raised() {
        let rule = mock!(Client::update_item).then_error(|| {
            UpdateItemError::ConditionalCheckFailedException(
                ConditionalCheckFailedException::builder().build(),
            )
        });
        let report = raised(&rule, too_low(Some(0)), &[]).await;
        assert_eq!(report.movies[0].plan.left, Some(Left::Moving));
        assert_eq!(report.exit(), Exit::Wrong);
    }

    #[test]
    fn it_does_not_end_well_while_anything_is_open() {
        let exit =
            |open| RebuildReport { done: Some(Done::default()), movies: vec![], open: Some(open) }.exit();
        assert_eq!(exit(vec![]), Exit::Fine);
        assert_eq!(exit(vec![too_low(None)]), Exit::Wrong);
    }
}
