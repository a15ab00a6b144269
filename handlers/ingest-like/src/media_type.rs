//! What a request says its body is. Only JSON in UTF-8, sent as it stands, is read.

use api::Problem;
use lambda_http::http::{
    StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap},
};
use mediatype::{MediaType, ReadParams, media_type, names::CHARSET};

/// UTF-8's registered name, and the one that it is often given.
const UTF_8: [&str; 2] = ["utf-8", "utf8"];

/// Refuses a body that its headers declare to be something else: `415`.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Problem> {
    if !is_json(headers) {
        return Err(unsupported("be JSON in UTF-8, with the header Content-Type: application/json"));
    }
    let identity = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(CONTENT_ENCODING).iter().all(|coding| identity(coding.as_bytes())) {
        return Err(unsupported("be sent as it is, neither compressed nor with a Content-Encoding"));
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

    /// The refusal of a body with these headers: its status, and what it says must be.
    fn refusal(headers: &[(HeaderName, &str)]) -> Option<(u16, String)> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, HeaderValue::from_str(value).unwrap());
        }
        let response = Response::<Body>::from(check(&map).err()?);
        let details: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        Some((response.status().as_u16(), details["detail"].as_str().unwrap().to_owned()))
    }

    #[test]
    fn json_in_utf_8_is_read_however_its_type_is_written() {
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
            assert_eq!(refusal(&[(CONTENT_TYPE, content_type)]), None, "{content_type}");
        }
    }

    #[test]
    fn another_type_or_charset_is_refused_and_told_what_to_send() {
        let told = Some((
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
            assert_eq!(refusal(&[(CONTENT_TYPE, content_type)]), told, "{content_type}");
        }
        assert_eq!(refusal(&[]), told);
    }

    #[test]
    fn a_coded_body_is_refused_and_told_what_to_send() {
        let told = Some((
            415,
            "the body must be sent as it is, neither compressed nor with a Content-Encoding".to_owned(),
        ));
        let json = (CONTENT_TYPE, "application/json");
        for codings in [&["gzip"][..], &["br"], &["identity", "gzip"], &["gzip", "identity"], &["x-identity"]]
        {
            let codings = codings.iter().map(|coding| (CONTENT_ENCODING, *coding));
            let headers: Vec<_> = [json.clone()].into_iter().chain(codings).collect();
            assert_eq!(refusal(&headers), told, "{headers:?}");
        }
        for coding in ["identity", "Identity "] {
            assert_eq!(refusal(&[json.clone(), (CONTENT_ENCODING, coding)]), None, "{coding}");
        }
    }
}
