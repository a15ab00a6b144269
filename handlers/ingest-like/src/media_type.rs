//! The headers that describe the body: only uncompressed JSON in UTF-8 is accepted.

use api::Problem;
use lambda_http::http::{
    StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use mediatype::{MediaType, ReadParams, media_type, names::CHARSET};

/// UTF-8's registered name, and a common alias.
const UTF_8: [&str; 2] = ["utf-8", "utf8"];

/// Rejects a body that its headers declare to be anything else: `415`.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    if !is_json(headers) {
        return Err(unsupported("be JSON in UTF-8, with the header Content-Type: application/json"));
    }
    let identity = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).iter().all(|coding| identity(coding.as_bytes())) {
        return Err(unsupported("be sent uncompressed, without a Content-Encoding"));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(declared) = declared.and_then(|value| MediaType::parse(value).ok()) else {
        return false;
    };
    let mut charsets = declared.params().filter(|(name, _)| *name == CHARSET);
    declared.essence() == media_type!(APPLICATION / JSON)
        && charsets.all(|(_, charset)| UTF_8.contains(&charset.unquoted_str().to_ascii_lowercase().as_str()))
}

fn unsupported(must: &str) -> Problem {
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the body must {must}"))
}

#[cfg(test)]
mod tests {
    use lambda_http::{
        Body, Response,
        http::header::{HeaderName, HeaderValue},
    };

    use super::*;

    /// The status and detail with which a body with these headers is rejected.
    fn rejection(headers: &[(HeaderName, &str)]) -> Option<(u16, String)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let response = Response::<Body>::from(check(&map).err()?);
        let details: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        Some((response.status().as_u16(), details["detail"].as_str().unwrap().to_owned()))
    }

    #[test]
    fn json_in_utf_8_is_accepted_however_its_type_is_spelled() {
        for content_type in [
            "application/json",
            "Application/JSON ; charset=utf-8",
            "application/json;charset=UTF-8",
            r#"application/json; charset="utf-8""#,
            r#"application/json; CHARSET="Utf-8""#,
            "application/json; charset=utf8",
            "application/json; profile=\"a;charset=b\"",
            "application/json;",
        ] {
            assert_eq!(rejection(&[(CONTENT_TYPE, content_type)]), None, "{content_type}");
        }
    }

    #[test]
    fn another_type_or_charset_is_rejected_with_what_to_send() {
        let expected = Some((
            415,
            "the body must be JSON in UTF-8, with the header Content-Type: application/json".to_owned(),
        ));
        for content_type in [
            "text/plain",
            "text/json",
            "application/jsonp",
            "application/problem+json",
            "application/json+x",
            "application/x-www-form-urlencoded",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            r#"application/json; charset="utf-16""#,
            "application/json; charset=",
            "application/json; charset=utf-16; charset=utf-8",
            "application/json; charset=utf-8; charset=utf-16",
            "json",
            "",
            "é",
        ] {
            assert_eq!(rejection(&[(CONTENT_TYPE, content_type)]), expected, "{content_type}");
        }
        assert_eq!(rejection(&[]), expected);
    }

    #[test]
    fn an_encoded_body_is_rejected_with_what_to_send() {
        let expected =
            Some((415, "the body must be sent uncompressed, without a Content-Encoding".to_owned()));
        let json = (CONTENT_TYPE, "application/json");
        for codings in [&["gzip"][..], &["br"], &["identity", "gzip"], &["gzip", "identity"], &["x-identity"]]
        {
            let codings = codings.iter().map(|coding| (CONTENT_ENCODING, *coding));
            let headers: Vec<_> = [json.clone()].into_iter().chain(codings).collect();
            assert_eq!(rejection(&headers), expected, "{headers:?}");
        }
        for coding in ["identity", "Identity "] {
            assert_eq!(rejection(&[json.clone(), (CONTENT_ENCODING, coding)]), None, "{coding}");
        }
    }
}
