//! Parses the query string into movie ids.

use api::{Problem, Violation};
use like::MovieId;

/// The maximum number of movies in one request: as many as `BatchGetItem` reads in one call.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
pub(crate) const MAX_MOVIES: usize = 100;

/// Parses the values of `movieId`, in order.
pub(crate) fn movie_ids(values: Vec<&str>) -> Result<Vec<MovieId>, Problem> {
    if values.is_empty() || values.len() > MAX_MOVIES {
        let wrong = format!("must be given 1 to {MAX_MOVIES} times, not {}", values.len());
        return Err(Problem::bad_request(vec![Violation::in_parameter("movieId", wrong)]));
    }
    let mut violations = Vec::new();
    let mut movies = Vec::with_capacity(values.len());
    for (number, value) in (1..).zip(values) {
        match value.parse() {
            Ok(movie) => movies.push(movie),
            Err(invalid) => {
                let wrong = format_args!("number {number} {invalid}");
                violations.push(Violation::in_parameter("movieId", wrong));
            }
        }
    }
    if violations.is_empty() { Ok(movies) } else { Err(Problem::bad_request(violations)) }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Response};

    use super::*;

    fn rejection(values: Vec<&str>) -> String {
        let response = Response::<Body>::from(movie_ids(values).unwrap_err());
        assert_eq!(response.status(), 400);
        let details: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        details["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn one_to_a_hundred_ids_are_parsed_in_order() {
        assert_eq!(movie_ids(vec!["b", "a", "b"]).unwrap(), ["b", "a", "b"].map(|id| id.parse().unwrap()));
        assert_eq!(movie_ids(vec!["a"; 100]).unwrap().len(), 100);
    }

    #[test]
    fn none_and_more_than_a_hundred_are_rejected() {
        assert_eq!(rejection(vec![]), "movieId must be given 1 to 100 times, not 0");
        assert_eq!(rejection(vec!["a"; 101]), "movieId must be given 1 to 100 times, not 101");
    }

    #[test]
    fn malformed_ids_are_named_by_their_position() {
        assert_eq!(
            rejection(vec!["a", "", "b", "_"]),
            "movieId number 2 must not be empty; movieId number 4 must start with a letter or a digit"
        );
    }
}
