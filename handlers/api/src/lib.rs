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

/// A JSON answer.
#[must_use]
pub fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> Response<Body> {
    // The answers are structs of strings and numbers, which always serialize.
    let body = serde_json::to_string(body).unwrap_or_default();
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
