//! Parses an HTTP request into a like's event. All validation of a request is here.

use api::{Problem, Violation};
use jiff::Timestamp;
use lambda_http::http::{StatusCode, header::HeaderMap};
use like::{InvalidName, LikeEvent, LikeId, MovieId, UserId};

use crate::{fields::Fields, media_type};

/// The largest body that is accepted, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 4096;

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Reads a request for a like, accepted at `now`.
///
/// A problem names every mistake in the fields and the key, not just the first.
pub(crate) fn read(headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<LikeEvent, Problem> {
    media_type::check(headers)?;
    if body.len() > MAX_BODY_BYTES {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is {} bytes long; the limit is {MAX_BODY_BYTES}", body.len()),
        ));
    }
    let mut violations = Vec::new();
    let fields = fields(body).map_err(|violation| Problem::bad_request(vec![violation]))?;
    let movie_id = collect(movie_id(&fields), &mut violations);
    let user_id = collect(user_id(&fields), &mut violations);
    violations.extend(unknown_fields(&fields));
    let like_id = collect(like_id(headers, now), &mut violations);
    match (movie_id, user_id, like_id) {
        (Some(movie_id), Some(user_id), Some(like_id)) if violations.is_empty() => {
            Ok(LikeEvent::new(like_id, movie_id, user_id))
        }
        _ => Err(Problem::bad_request(violations)),
    }
}

/// Returns the value, or adds the violation to the others.
fn collect<T>(result: Result<T, Violation>, violations: &mut Vec<Violation>) -> Option<T> {
    result.map_err(|violation| violations.push(violation)).ok()
}

fn fields(body: &[u8]) -> Result<Fields, Violation> {
    serde_json::from_slice(body).map_err(|error| {
        if error.is_data() {
            Violation::in_body("must be a JSON object")
        } else {
            Violation::in_body(format_args!("is not JSON: {error}"))
        }
    })
}

fn movie_id(fields: &Fields) -> Result<MovieId, Violation> {
    name(fields, "movieId")?.ok_or_else(|| Violation::in_field("movieId", "is missing"))
}

fn user_id(fields: &Fields) -> Result<Option<UserId>, Violation> {
    name(fields, "userId")
}

fn name<T>(fields: &Fields, field: &'static str) -> Result<Option<T>, Violation>
where
    T: std::str::FromStr<Err = InvalidName>,
{
    let mut values = fields.named(field);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Violation::in_field(field, "must appear only once"));
    }
    let text = value.as_str().ok_or_else(|| Violation::in_field(field, "must be a string"))?;
    text.parse().map(Some).map_err(|invalid| Violation::in_field(field, invalid))
}

fn unknown_fields(fields: &Fields) -> impl Iterator<Item = Violation> {
    fields
        .names()
        .filter(|name| !["movieId", "userId"].contains(name))
        .map(|name| Violation::in_body(format_args!("has an unknown field: {name:?}")))
}

/// The like's id: the client's key, or a new one.
fn like_id(headers: &HeaderMap, now: Timestamp) -> Result<LikeId, Violation> {
    let mut keys = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(key) = keys.next() else {
        return Ok(LikeId::new(now));
    };
    if keys.next().is_some() {
        return Err(Violation::in_header(IDEMPOTENCY_KEY, "must be sent only once"));
    }
    let id: LikeId = String::from_utf8_lossy(key.as_bytes())
        .parse()
        .map_err(|invalid| Violation::in_header(IDEMPOTENCY_KEY, invalid))?;
    id.check_acceptance(now).map_err(|outside| Violation::in_header(IDEMPOTENCY_KEY, outside))?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::ToSpan;
    use lambda_http::{
        Body, Response,
        http::header::{CONTENT_TYPE, HeaderValue},
    };
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const OPENAPI: &str = include_str!("../../../openapi.json");

    fn now() -> Timestamp {
        "2026-11-23T05:00:00.123Z".parse().unwrap()
    }

    fn headers() -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    fn with_key(key: &str) -> HeaderMap {
        let mut headers = headers();
        headers.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(key).unwrap());
        headers
    }

    /// The status and detail with which a request is rejected.
    fn rejection(headers: &HeaderMap, body: &str) -> (u16, String) {
        let response = Response::<Body>::from(read(headers, body.as_bytes(), now()).unwrap_err());
        let details: Value = serde_json::from_slice(response.body()).unwrap();
        (response.status().as_u16(), details["detail"].as_str().unwrap().to_owned())
    }

    #[test]
    fn a_like_may_name_its_user() {
        let event = read(&headers(), br#"{"movieId":"Tt1","userId":"U-42"}"#, now()).unwrap();
        assert_eq!(event.movie_id.as_str(), "Tt1");
        assert_eq!(event.user_id.as_ref().unwrap().as_str(), "U-42");
        assert_eq!(event.liked_at(), now());
    }

    #[test]
    fn without_a_key_every_request_is_another_like() {
        let read = || read(&headers(), br#"{"movieId":"tt1"}"#, now()).unwrap();
        assert_ne!(read().like_id, read().like_id);
    }

    #[test]
    fn the_key_is_the_likes_id_and_holds_the_time_of_the_click() {
        let key = LikeId::new(now() - 3.hours());
        let event = read(&with_key(&key.to_string()), br#"{"movieId":"tt1"}"#, now()).unwrap();
        assert_eq!(event.like_id, key);
        assert_eq!(event.liked_at(), now() - 3.hours());
    }

    #[test]
    fn a_malformed_old_or_future_key_is_rejected() {
        let old = LikeId::new(now() - 24.hours() - 1.second()).to_string();
        let ahead = LikeId::new(now() + 5.minutes() + 1.second()).to_string();
        for (key, wrong) in [
            ("1", "Idempotency-Key must be a UUIDv7"),
            ("é", "Idempotency-Key must be a UUIDv7"),
            (&old, "Idempotency-Key is more than 24 hours old"),
            (&ahead, "Idempotency-Key is more than 5 minutes in the future"),
        ] {
            let (status, detail) = rejection(&with_key(key), r#"{"movieId":"tt1"}"#);
            assert_eq!(status, 400);
            assert!(detail.starts_with(wrong), "{key}: {detail}");
        }
    }

    #[test]
    fn two_keys_are_rejected() {
        let mut headers = with_key(&LikeId::new(now()).to_string());
        headers.append(IDEMPOTENCY_KEY, HeaderValue::from_static("another"));
        let rejected = rejection(&headers, r#"{"movieId":"tt1"}"#);
        assert_eq!(rejected, (400, "Idempotency-Key must be sent only once".into()));
    }

    #[test]
    fn every_mistake_in_the_body_is_named() {
        for (body, wrong) in [
            ("", "the body is not JSON: EOF while parsing a value at line 1 column 0"),
            ("{", "the body is not JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "the body must be a JSON object"),
            ("{}", "movieId is missing"),
            (r#"{"movieId":null}"#, "movieId must be a string"),
            (r#"{"movieId":""}"#, "movieId must not be empty"),
            (r#"{"movieId":"-a"}"#, "movieId must start with a letter or a digit"),
            (r#"{"movieId":"a","userId":7}"#, "userId must be a string"),
            (r#"{"movieId":"a","film":1}"#, "the body has an unknown field: \"film\""),
            (r#"{"movieId":"a","movieId":"b"}"#, "movieId must appear only once"),
            (r#"{"movieId":"a","movieId":"a"}"#, "movieId must appear only once"),
            (r#"{"movieId":"a","movie\u0049d":"b"}"#, "movieId must appear only once"),
            (r#"{"userId":"u","movieId":"a","userId":null}"#, "userId must appear only once"),
            (r#"{"userId":"_"}"#, "movieId is missing; userId must start with a letter or a digit"),
        ] {
            assert_eq!(rejection(&headers(), body), (400, wrong.into()), "{body}");
        }
    }

    #[test]
    fn a_body_of_4_kib_is_accepted_and_a_larger_one_rejected() {
        let largest = format!("{:<4096}", r#"{"movieId":"tt1"}"#);
        assert!(read(&headers(), largest.as_bytes(), now()).is_ok());
        let rejected = rejection(&headers(), &format!("{largest} "));
        assert_eq!(rejected, (413, "the body is 4097 bytes long; the limit is 4096".into()));
    }

    #[test]
    fn only_json_is_accepted() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("text/plain"))]);
        assert_eq!(rejection(&headers, r#"{"movieId":"tt1"}"#).0, 415);
    }

    /// The schema of a request's body, with the definitions that it refers to.
    fn schema() -> jsonschema::Validator {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        jsonschema::validator_for(&serde_json::json!({
            "$ref": "#/components/schemas/NewLike",
            "components": document["components"],
        }))
        .unwrap()
    }

    #[test]
    fn every_field_of_the_schema_is_accepted() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let fields = document["components"]["schemas"]["NewLike"]["properties"].as_object().unwrap();
        for field in fields.keys() {
            let body = serde_json::json!({"movieId": "a", field: "a"}).to_string();
            assert!(read(&headers(), body.as_bytes(), now()).is_ok(), "{body}");
        }
    }

    /// An id, or a value that is nearly one.
    fn near_id() -> impl Strategy<Value = Value> {
        prop_oneof![
            4 => "[A-Za-z0-9][A-Za-z0-9_.@-]{0,130}".prop_map(Value::from),
            2 => "[A-Za-z0-9_.@#é\n-]{0,4}".prop_map(Value::from),
            1 => Just(Value::Null),
            1 => any::<i64>().prop_map(Value::from),
            1 => Just(serde_json::json!(["tt1"])),
        ]
    }

    proptest! {
            #[test]
            fn a_body_is_accepted_if_and_only_if_it_matches_the_schema_and_has_no_duplicate_field(
                fields in proptest::collection::vec(
                    (prop_oneof![6 => Just("movieId"), 4 => Just("userId"), 1 => Just("film")], near_id()),
                    0..4,
                ),
            ) {
                let written: Vec<_> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                let body = format!("{{{}}}", written.join(","));
                let distinct: BTreeMap<_, _> = fields.iter().cloned().collect();
                let accepted = read(&headers(), body.as_bytes(), now()).is_ok();
                let valid = schema().is_valid(&serde_json::to_value(&distinct).unwrap());
    prop_assert_eq!(accepted, valid && distinct.len() == fields.len(), "{}", body);
            }

            #[test]
            fn reading_never_panics(body: Vec<u8>, key in "\\PC{0,40}") {
                let _ = read(&with_key(&key), &body, now());
            }
        }
}
