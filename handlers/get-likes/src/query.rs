//! From the query string to the movies asked for.

use api::{Problem, Violation};
use like::MovieId;

/// The most movies that one request may ask for: as many as `BatchGetItem` reads in one call.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
pub(crate) const MAX_MOVIES: usize = 100;

/// Reads the movies asked for, in their order.
pub(crate) fn movie_ids(values: Vec<&str>) -> Result<Vec<MovieId>, Problem> {
    if values.is_empty() || values.len() > MAX_MOVIES {
        let wrong = format!("must be given 1 to {MAX_MOVIES} times, and is {} times", values.len());
        return Err(Problem::bad_request(vec![Violation::in_parameter("movieId", wrong)]));
    }
    let mut wrong = Vec::new();
    let mut movies = Vec::with_capacity(values.len());
    for (number, value) in (1..).zip(values) {
        match value.parse() {
            Ok(movie) => movies.push(movie),
            Err(invalid) => {
                wrong.push(Violation::in_parameter("movieId", format_args!("number {number} {invalid}")));
            }
        }
    }
    if wrong.is_empty() { Ok(movies) } else { Err(Problem::bad_request(wrong)) }
}

#[cfg(test)]
mod tests {
    use lambda_http::{Body, Response};

    use super::*;

    fn refusal(values: Vec<&str>) -> String {
        let response = Response::<Body>::from(movie_ids(values).unwrap_err());
        assert_eq!(response.status(), 400);
        let details: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        details["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn one_to_a_hundred_movies_are_read_in_their_order() {
        assert_eq!(movie_ids(vec!["b", "a", "b"]).unwrap(), ["b", "a", "b"].map(|id| id.parse().unwrap()));
        assert_eq!(movie_ids(vec!["a"; 100]).unwrap().len(), 100);
    }

    #[test]
    fn none_and_more_than_a_hundred_are_refused() {
        assert_eq!(refusal(vec![]), "movieId must be given 1 to 100 times, and is 0 times");
        assert_eq!(refusal(vec!["a"; 101]), "movieId must be given 1 to 100 times, and is 101 times");
    }

    #[test]
    fn the_movies_out_of_form_are_named_by_their_place() {
        assert_eq!(
            refusal(vec!["a", "", "b", "_"]),
            "movieId number 2 must not be empty; movieId number 4 must start with a letter or a digit"
        );
    }
}
