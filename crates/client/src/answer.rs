//! What the API answers to a post.

use std::{fmt, time::Duration};

use reqwest::{Response, StatusCode, header::RETRY_AFTER};

/// The outcome of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The API answered with this status.
    Status(StatusCode),
    /// No answer within [`ANSWER_TIMEOUT`](crate::ANSWER_TIMEOUT).
    TimedOut,
    /// The connection was refused or lost.
    ConnectionFailed,
}

impl Answer {
    /// Whether the stream has the like.
    #[must_use]
    pub fn is_accepted(self) -> bool {
        self == Self::Status(StatusCode::ACCEPTED)
    }

    /// Whether a retry with the same key may be accepted.
    #[must_use]
    pub fn is_transient(self) -> bool {
        match self {
            Self::Status(status) => status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error(),
            Self::TimedOut | Self::ConnectionFailed => true,
        }
    }
}

impl From<&reqwest::Error> for Answer {
    fn from(error: &reqwest::Error) -> Self {
        match error.status() {
            Some(status) => Self::Status(status),
            None if error.is_timeout() => Self::TimedOut,
            None => Self::ConnectionFailed,
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::TimedOut => f.write_str("timed out"),
            Self::ConnectionFailed => f.write_str("connection failed"),
        }
    }
}

/// An answer, and how long the API asks the client to wait before a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// The header `Retry-After`, if there is one.
    pub retry_after: Option<Duration>,
}

impl From<&Response> for Reply {
    fn from(response: &Response) -> Self {
        // In seconds: `openapi.json` has no other form.
        let seconds = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Self { answer: Answer::Status(response.status()), retry_after: seconds.map(Duration::from_secs) }
    }
}

impl From<&reqwest::Error> for Reply {
    fn from(error: &reqwest::Error) -> Self {
        Self { answer: error.into(), retry_after: None }
    }
}
