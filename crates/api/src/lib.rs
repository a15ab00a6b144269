//! What the API's handlers share: how they answer.

mod cors;
mod problem;

pub use cors::AllowedOrigins;
use lambda_http::{
    Body, Response,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
};
pub use problem::{Problem, Violation};
use serde::Serialize;

/// What is answered when an answer cannot be written as JSON: a problem that needs no writing.
const NOT_WRITTEN: &str = concat!(
    r#"{"type":"about:blank","title":"Internal Server Error","status":500,"#,
    r#""detail":"the answer could not be written as JSON"}"#
);

/// A JSON answer; a `500` problem if `body` cannot be written as JSON.
#[must_use]
pub fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(body) => answer(status, content_type, body),
        Err(error) => {
            tracing::error!(%error, "answer not written");
            answer(StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json", NOT_WRITTEN.to_owned())
        }
    }
}

fn answer(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_answered_is_json_with_its_status_and_type() {
        let response = json(StatusCode::ACCEPTED, "application/json", &BTreeMap::from([("a", 1)]));
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.body().as_ref(), br#"{"a":1}"#);
    }

    #[test]
    fn what_cannot_be_written_is_answered_500_and_never_empty() {
        // JSON's keys are strings, so serde_json refuses this one.
        let unwritable = BTreeMap::from([((), 1)]);
        let response = json(StatusCode::OK, "application/json", &unwritable);
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(
            serde_json::from_slice::<Value>(response.body()).unwrap(),
            serde_json::json!({
                "type": "about:blank", "title": "Internal Server Error", "status": 500,
                "detail": "the answer could not be written as JSON",
            })
        );
    }
}
