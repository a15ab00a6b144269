//! Why something could not be read.

use std::{error, iter};

use archive::ArchiveError;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use thiserror::Error;

/// How the services call what does not exist: Lambda, Kinesis, Firehose and `DynamoDB`; SQS in both of its protocols; S3.
const ABSENT: [&str; 4] = [
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "NoSuchBucket",
];

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Unread {
    /// It does not exist.
    #[error("does not exist: {0}")]
    Absent(String),
    /// Nobody knows: access is denied, or AWS is unreachable, or the local stack lacks the operation.
    #[error("{0}")]
    Unknown(String),
}

/// An error and its causes.
pub(crate) fn causes(error: &(dyn error::Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Unread {
    pub(crate) fn unknown(error: &(dyn error::Error + 'static)) -> Self {
        Self::Unknown(causes(error))
    }
}

impl<E: ProvideErrorMetadata + error::Error + 'static> From<SdkError<E>> for Unread {
    fn from(error: SdkError<E>) -> Self {
        match (error.code(), error.message()) {
            (Some(code), message) if ABSENT.contains(&code) => {
                Self::Absent(message.unwrap_or(code).to_owned())
            }
            (Some(code), Some(message)) => Self::Unknown(format!("{code}: {message}")),
            (Some(code), None) => Self::Unknown(code.to_owned()),
            (None, _) => Self::unknown(&error),
        }
    }
}

impl From<ArchiveError> for Unread {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::List(error) => (*error).into(),
            other => Self::unknown(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::primitives::SdkBody;
    use aws_sdk_sqs::{
        config::http::HttpResponse, error::ErrorMetadata,
        operation::get_queue_attributes::GetQueueAttributesError,
    };

    use super::*;

    fn rejected(code: &str, message: &str) -> Unread {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        SdkError::service_error(GetQueueAttributesError::generic(metadata), response).into()
    }

    #[test]
    fn what_does_not_exist_is_told_from_what_may_not_be_read() {
        for code in ABSENT {
            assert_eq!(rejected(code, "no such thing"), Unread::Absent("no such thing".into()), "{code}");
        }
        let denied = rejected("AccessDeniedException", "not authorized to perform: x");
        assert_eq!(denied, Unread::Unknown("AccessDeniedException: not authorized to perform: x".into()));
        assert_eq!(denied.to_string(), "AccessDeniedException: not authorized to perform: x");
        assert_eq!(Unread::Absent("x".into()).to_string(), "does not exist: x");
    }

    #[test]
    fn a_service_that_is_not_reached_is_unknown_and_the_causes_are_named() {
        let error: SdkError<GetQueueAttributesError> = SdkError::timeout_error("no answer");
        assert_eq!(Unread::from(error), Unread::Unknown("request has timed out: no answer".into()));
    }
}
