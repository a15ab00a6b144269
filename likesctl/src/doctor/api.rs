//! Does the API answer?

use std::time::Duration;

use client::Api;
use tokio::time::timeout;

use super::{finding::Finding, services::Services};
use crate::unread::{Unread, causes};

/// A movie to ask the count of. That it need not exist is part of the API.
const MOVIE: &str = "doctor";
/// Shorter than what [`Api::counts`] spends on retries, longer than a cold start.
const TIMEOUT: Duration = Duration::from_secs(15);
const ADVICE: &str = "see the log of GetLikes, and that the output likesUrl is the stack's";

pub(super) async fn check(services: &Services) -> Result<Vec<Finding>, Unread> {
    let api = Api::new(services.outputs.likes_url.clone());
    Ok(vec![match timeout(TIMEOUT, api.counts(&[MOVIE])).await {
        Ok(Ok(_)) => Finding::ok("answers with counts"),
        Ok(Err(error)) => Finding::problem(causes(&error), ADVICE),
        Err(_) => Finding::problem(
            format!("{} does not answer with counts within {} seconds", api.url(), TIMEOUT.as_secs()),
            ADVICE,
        ),
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{finding::Status, services::tests::services};

    #[tokio::test]
    async fn an_api_that_does_not_answer_is_a_problem() {
        // Nothing listens at port 1.
        let services = services("http://127.0.0.1:1/likes").await;
        let found = check(&services).await.unwrap();
        assert_eq!(found[0].status, Status::Problem, "{found:?}");
        let expected = "the counts cannot be read from http://127.0.0.1:1/likes: ";
        assert!(found[0].found.starts_with(expected), "{found:?}");
    }
}
