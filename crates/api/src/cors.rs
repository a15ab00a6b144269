//! Which web pages may read the answers (CORS).

use std::convert::Infallible;
use std::str::FromStr;

use lambda_http::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, HeaderValue, ORIGIN, RETRY_AFTER,
    VARY,
};

/// The origins whose pages may read the answers: all (`*`), or those listed with commas between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Pages of every origin.
    Any,
    /// Pages of these origins.
    Listed(Vec<String>),
}

impl FromStr for AllowedOrigins {
    type Err = Infallible;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let origins: Vec<_> = value.split(',').map(str::trim).map(str::to_owned).collect();
        Ok(if origins.iter().any(|origin| origin == "*") { Self::Any } else { Self::Listed(origins) })
    }
}

impl AllowedOrigins {
    /// Adds to an answer's headers what lets the page that asked read it.
    pub fn allow(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from(RETRY_AFTER));
        match self {
            Self::Any => {
                answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::Listed(origins) => {
                // A cache must not give one origin's answer to another.
                answer.insert(VARY, HeaderValue::from(ORIGIN));
                let asks = request.get(ORIGIN).map(HeaderValue::as_bytes);
                // Who is not listed is told who is, and may not read.
                let named = origins.iter().find(|listed| Some(listed.as_bytes()) == asks).or(origins.first());
                if let Some(Ok(origin)) = named.map(|origin| HeaderValue::from_str(origin)) {
                    answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(allowed: &str, origin: Option<&'static str>) -> HeaderMap {
        let mut request = HeaderMap::new();
        if let Some(origin) = origin {
            request.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let mut answer = HeaderMap::new();
        let Ok(allowed) = allowed.parse::<AllowedOrigins>();
        allowed.allow(&request, &mut answer);
        answer
    }

    #[test]
    fn a_star_lets_every_page_read() {
        let headers = answer("*", None);
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert!(!headers.contains_key("vary"));
    }

    #[test]
    fn a_listed_origin_is_answered_with_itself() {
        let headers = answer("https://a.example, https://b.example", Some("https://b.example"));
        assert_eq!(headers["access-control-allow-origin"], "https://b.example");
        assert_eq!(headers["vary"], "origin");
    }

    #[test]
    fn another_origin_is_told_a_listed_one_and_not_let_in() {
        for origin in [None, Some("https://b.example.evil"), Some("https://b.exampl")] {
            let headers = answer("https://b.example", origin);
            assert_eq!(headers["access-control-allow-origin"], "https://b.example", "{origin:?}");
            assert_eq!(headers["vary"], "origin");
        }
    }

    #[test]
    fn a_page_may_read_when_to_come_back() {
        assert_eq!(answer("*", None)["access-control-expose-headers"], "retry-after");
    }
}
