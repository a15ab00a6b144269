//! Problem details: what went wrong, as RFC 9457 writes it.

use std::fmt::Display;

use lambda_http::{
    Body, Response,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
};
use like::LikeId;
use serde::Serialize;

use crate::json;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    errors: Vec<Violation>,
    like_id: Option<LikeId>,
    retry_after_seconds: Option<u16>,
}

/// One thing that is wrong with a request, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    detail: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Place {
    /// A JSON Pointer as a URI fragment: RFC 6901, section 6.
    Pointer(String),
    Header(&'static str),
    Parameter(&'static str),
}

impl Violation {
    /// Something wrong with a member of the body.
    #[must_use]
    pub fn in_member(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Pointer(format!("#/{name}")) }
    }

    /// Something wrong with the body as a whole.
    #[must_use]
    pub fn in_body(wrong: impl Display) -> Self {
        Self { detail: format!("the body {wrong}"), place: Place::Pointer("#".to_owned()) }
    }

    /// Something wrong with a header.
    #[must_use]
    pub fn in_header(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Header(name) }
    }

    /// Something wrong with a query parameter.
    #[must_use]
    pub fn in_parameter(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Parameter(name) }
    }
}

impl Problem {
    /// A problem of which `detail` says all.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), like_id: None, retry_after_seconds: None }
    }

    /// A request with these violations: `400`.
    #[must_use]
    pub fn bad_request(errors: Vec<Violation>) -> Self {
        let detail = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A service that this one needs does not answer in time: `503`, to be tried again in a second.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// Names the like that this is about, in an extension member: RFC 9457, section 3.2.
    #[must_use]
    pub fn about(self, like_id: LikeId) -> Self {
        Self { like_id: Some(like_id), ..self }
    }
}

impl From<Problem> for Response<Body> {
    fn from(problem: Problem) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Details {
            r#type: &'static str,
            title: &'static str,
            status: u16,
            detail: String,
            #[serde(skip_serializing_if = "Vec::is_empty")]
            errors: Vec<Violation>,
            #[serde(skip_serializing_if = "Option::is_none")]
            like_id: Option<LikeId>,
        }

        let details = Details {
            // With this type the title is the status's own: RFC 9457, section 4.2.1.
            r#type: "about:blank",
            title: problem.status.canonical_reason().unwrap_or_default(),
            status: problem.status.as_u16(),
            detail: problem.detail,
            errors: problem.errors,
            like_id: problem.like_id,
        };
        let mut response = json(problem.status, "application/problem+json", &details);
        if let Some(seconds) = problem.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(response: &Response<Body>) -> serde_json::Value {
        serde_json::from_slice(response.body()).unwrap()
    }

    #[test]
    fn names_every_place_that_is_wrong() {
        let response = Response::from(Problem::bad_request(vec![
            Violation::in_member("movieId", "must not be empty"),
            Violation::in_body("has a member that a like has not: \"film\""),
            Violation::in_header("Idempotency-Key", "is old"),
            Violation::in_parameter("movieId", "is missing"),
        ]));
        assert_eq!(response.status(), 400);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(
            body(&response),
            serde_json::json!({
                "type": "about:blank",
                "title": "Bad Request",
                "status": 400,
                "detail": "movieId must not be empty; the body has a member that a like has not: \"film\"; \
                           Idempotency-Key is old; movieId is missing",
                "errors": [
                    {"detail": "movieId must not be empty", "pointer": "#/movieId"},
                    {"detail": "the body has a member that a like has not: \"film\"", "pointer": "#"},
                    {"detail": "Idempotency-Key is old", "header": "Idempotency-Key"},
                    {"detail": "movieId is missing", "parameter": "movieId"},
                ],
            })
        );
    }

    #[test]
    fn a_passing_failure_says_when_to_come_back() {
        let response = Response::from(Problem::unavailable("later"));
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["retry-after"], "1");
        assert_eq!(
            body(&response),
            serde_json::json!({
                "type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "later",
            })
        );
    }

    #[test]
    fn a_problem_with_a_like_names_it() {
        const LIKE: &str = "0193555a-7d2e-7cc3-98c4-dc0c0c07398f";
        let response = Response::from(Problem::unavailable("later").about(LIKE.parse().unwrap()));
        assert_eq!(body(&response)["likeId"], LIKE);
    }
}
