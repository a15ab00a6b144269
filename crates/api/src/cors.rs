//! CORS: which web pages may read the responses.

use lambda_http::http::{
    HeaderValue,
    header::{ACCESS_CONTROL_ALLOW_ORIGIN, InvalidHeaderValue, ORIGIN, RETRY_AFTER},
};
use tower_http::{
    cors::{Any, CorsLayer},
    set_header::SetResponseHeaderLayer,
};

/// Adds CORS headers to every response of a service.
pub type Cors = (SetResponseHeaderLayer<Option<HeaderValue>>, CorsLayer);

/// Lets pages of `origins` read every response: pages of any origin (`*`), or of those in a list separated by commas.
///
/// Every response names an allowed origin: the request's own if it is in the list, else the first one. `CorsLayer`
/// names none to an origin that is not in its list, so a second layer adds the first one.
///
/// # Errors
/// [`InvalidHeaderValue`] if an origin has a character that no header may have.
pub fn cors(origins: &str) -> Result<Cors, InvalidHeaderValue> {
    let origins: Vec<_> =
        origins.split(',').map(|origin| HeaderValue::from_str(origin.trim())).collect::<Result<_, _>>()?;
    let layer = CorsLayer::new().expose_headers([RETRY_AFTER]);
    let (fallback, layer) = if origins.iter().any(|origin| origin == "*") {
        (None, layer.allow_origin(Any).vary([]))
    } else {
        // A cache must not serve one origin's response to another.
        (origins.first().cloned(), layer.allow_origin(origins).vary([ORIGIN]))
    };
    Ok((SetResponseHeaderLayer::if_not_present(ACCESS_CONTROL_ALLOW_ORIGIN, fallback), layer))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use lambda_http::{
        Body, Request, Response,
        http::header::HeaderMap,
        service_fn,
        tower::{Layer, ServiceExt},
    };

    use super::*;

    /// The headers of a response to a page of this origin.
    async fn headers(allowed: &str, origin: Option<&'static str>) -> HeaderMap {
        let mut request = Request::default();
        if let Some(origin) = origin {
            request.headers_mut().insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let respond = async |_: Request| Ok::<_, Infallible>(Response::new(Body::Empty));
        let service = cors(allowed).unwrap().layer(service_fn(respond));
        let Ok(response) = service.oneshot(request).await;
        response.headers().clone()
    }

    #[tokio::test]
    async fn a_star_lets_every_page_read() {
        for origin in [None, Some("https://a.example")] {
            let headers = headers("*", origin).await;
            assert_eq!(headers["access-control-allow-origin"], "*");
            assert!(!headers.contains_key("vary"));
        }
    }

    #[tokio::test]
    async fn a_listed_origin_is_named_to_itself() {
        let headers = headers("https://a.example, https://b.example", Some("https://b.example")).await;
        assert_eq!(headers["access-control-allow-origin"], "https://b.example");
        assert_eq!(headers["vary"], "origin");
    }

    #[tokio::test]
    async fn an_unlisted_origin_gets_the_first_listed_one_and_may_not_read() {
        for origin in [None, Some("https://b.example.evil"), Some("https://b.exampl")] {
            let headers = headers("https://b.example,https://c.example", origin).await;
            assert_eq!(headers["access-control-allow-origin"], "https://b.example", "{origin:?}");
            assert_eq!(headers["vary"], "origin");
        }
    }

    #[tokio::test]
    async fn a_page_may_read_when_to_retry() {
        for allowed in ["*", "https://a.example"] {
            assert_eq!(headers(allowed, None).await["access-control-expose-headers"], "retry-after");
        }
    }

    #[test]
    fn an_origin_that_no_header_may_have_is_an_error() {
        assert!(cors("https://a.example,https://b\u{1}.example").is_err());
    }
}
