//! Problem details for error responses (RFC 9457).

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

/// An error response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    errors: Vec<Violation>,
    like_id: Option<LikeId>,
    retry_after_seconds: Option<u16>,
}

/// One mistake in a request, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    detail: String,
    #[serde(flatten)]
    place: Place,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Place {
    /// A JSON Pointer as a URI fragment (RFC 6901, section 6).
    Pointer(String),
    Header(&'static str),
    Parameter(&'static str),
}

impl Violation {
    /// A mistake in a field of the body. The detail is the field's name and then `wrong`.
    #[must_use]
    pub fn in_field(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Pointer(format!("#/{name}")) }
    }

    /// A mistake in the body as a whole. The detail is "the body" and then `wrong`.
    #[must_use]
    pub fn in_body(wrong: impl Display) -> Self {
        Self { detail: format!("the body {wrong}"), place: Place::Pointer("#".to_owned()) }
    }

    /// A mistake in a header. The detail is the header's name and then `wrong`.
    #[must_use]
    pub fn in_header(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Header(name) }
    }

    /// A mistake in a query parameter. The detail is the parameter's name and then `wrong`.
    #[must_use]
    pub fn in_parameter(name: &'static str, wrong: impl Display) -> Self {
        Self { detail: format!("{name} {wrong}"), place: Place::Parameter(name) }
    }
}

impl Problem {
    /// A problem described by `detail` alone.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), like_id: None, retry_after_seconds: None }
    }

    /// A request with these mistakes: `400`.
    #[must_use]
    pub fn bad_request(errors: Vec<Violation>) -> Self {
        let detail = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("; ");
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A dependency did not respond in time: `503`, with a `Retry-After` of one second.
    #[must_use]
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self { retry_after_seconds: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail) }
    }

    /// Adds the id of the like in an extension member (RFC 9457, section 3.2).
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
            // This type requires the status's own phrase as the title (RFC 9457, section 4.2.1).
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
    fn names_the_place_of_every_mistake() {
        let response = Response::from(Problem::bad_request(vec![
            Violation::in_field("movieId", "must not be empty"),
            Violation::in_body("has an unknown field: \"film\""),
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
                "detail": "movieId must not be empty; the body has an unknown field: \"film\"; \
                           Idempotency-Key is old; movieId is missing",
                "errors": [
                    {"detail": "movieId must not be empty", "pointer": "#/movieId"},
                    {"detail": "the body has an unknown field: \"film\"", "pointer": "#"},
                    {"detail": "Idempotency-Key is old", "header": "Idempotency-Key"},
                    {"detail": "movieId is missing", "parameter": "movieId"},
                ],
            })
        );
    }

    #[test]
    fn a_temporary_failure_has_a_retry_after() {
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
    fn a_problem_names_the_like_it_is_about() {
        const LIKE: &str = "0193555a-7d2e-7cc3-98c4-dc0c0c07398f";
        let response = Response::from(Problem::unavailable("later").about(LIKE.parse().unwrap()));
        assert_eq!(body(&response)["likeId"], LIKE);
    }
}
