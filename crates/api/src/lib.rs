//! How the API's handlers respond: JSON, problem details and CORS; and the metrics of their requests.

mod cors;
mod metrics;
mod problem;

pub use cors::{Cors, cors};
use lambda_http::{
    Body, Response,
    http::{
        StatusCode,
        header::{CONTENT_TYPE, HeaderValue},
    },
};
pub use metrics::RequestMetrics;
pub use problem::{Problem, Violation};
use serde::Serialize;

/// The body of the response if the intended one cannot be encoded.
const NOT_ENCODED: &str = concat!(
    r#"{"type":"about:blank","title":"Internal Server Error","status":500,"#,
    r#""detail":"the response could not be encoded as JSON"}"#
);

/// A response with a JSON body; a `500` problem if `body` cannot be encoded.
#[must_use]
pub fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Response<Body> {
    match serde_json::to_string(body) {
        Ok(body) => response(status, content_type, body),
        Err(error) => {
            tracing::error!(%error, "response not encoded");
            response(StatusCode::INTERNAL_SERVER_ERROR, "application/problem+json", NOT_ENCODED.to_owned())
        }
    }
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
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
    fn a_response_is_json_with_its_status_and_content_type() {
        let response = json(StatusCode::ACCEPTED, "application/json", &BTreeMap::from([("a", 1)]));
        assert_eq!(response.status(), 202);
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.body().as_ref(), br#"{"a":1}"#);
    }

    #[test]
    fn a_body_that_cannot_be_encoded_is_a_500_and_never_empty() {
        // JSON keys are strings, so serde_json rejects this one.
        let body = BTreeMap::from([((), 1)]);
        let response = json(StatusCode::OK, "application/json", &body);
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(
            serde_json::from_slice::<Value>(response.body()).unwrap(),
            serde_json::json!({
                "type": "about:blank", "title": "Internal Server Error", "status": 500,
                "detail": "the response could not be encoded as JSON",
            })
        );
    }
}
