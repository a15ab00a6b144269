//! What the metrics of all requests have in common.

use lambda_http::{Request, RequestExt, http::StatusCode};
use metrique::{emf::flags::NoMetric, unit, unit_of_work::metrics};
use startup::metrics::Count;

/// The metrics of a request, for the line of the function's own metrics.
#[metrics(subfield_owned)]
#[derive(Default)]
pub struct RequestMetrics {
    /// The id of the invocation.
    request_id: String,
    /// The status of the response.
    #[metrics(flags(NoMetric))]
    status: u16,
    /// Requests with a malformed body, field, key or parameter.
    #[metrics(unit = unit::Count)]
    bad_requests: Count,
    /// Requests whose body is too large.
    #[metrics(unit = unit::Count)]
    payloads_too_large: Count,
    /// Requests whose body is not JSON.
    #[metrics(unit = unit::Count)]
    unsupported_media_types: Count,
    /// Requests that the function could not serve, as a rule because AWS did not respond in time.
    #[metrics(unit = unit::Count)]
    unavailable: Count,
}

impl RequestMetrics {
    /// The metrics of a request that has no response yet.
    #[must_use]
    pub fn new(request: &Request) -> Self {
        let context = request.lambda_context_ref();
        let request_id = context.map(|context| context.request_id.clone()).unwrap_or_default();
        Self { request_id, ..Self::default() }
    }

    /// Sets the status of the response, and counts it if it is an error.
    pub fn set_status(&mut self, status: StatusCode) {
        self.status = status.as_u16();
        match status {
            StatusCode::BAD_REQUEST => self.bad_requests += 1,
            StatusCode::PAYLOAD_TOO_LARGE => self.payloads_too_large += 1,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => self.unsupported_media_types += 1,
            status if status.is_server_error() => self.unavailable += 1,
            _ => {}
        }
    }
}
