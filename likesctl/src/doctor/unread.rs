//! Why something could not be read.

use std::{error::Error, iter};

use archive::ArchiveError;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};

use super::finding::Finding;

/// How the services call what does not exist: Lambda, Kinesis, Firehose and `DynamoDB`; SQS in both of its protocols; S3.
const ABSENT: [&str; 4] = [
    "ResourceNotFoundException",
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "NoSuchBucket",
];

/// Why something could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It does not exist.
    Absent(String),
    /// Nobody knows: access is denied, or AWS is unreachable, or the local stack lacks the operation.
    Unknown(String),
}

/// An error and its causes.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let causes = iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl Unread {
    pub(super) fn unknown(error: &(dyn Error + 'static)) -> Self {
        Self::Unknown(causes(error))
    }

    /// What it means for a check.
    pub(super) fn finding(self, repair: &str) -> Finding {
        match self {
            Self::Absent(message) => Finding::problem(format!("does not exist: {message}"), repair),
            Self::Unknown(why) => Finding::not_checked(why),
        }
    }
}

impl<E: ProvideErrorMetadata + Error + 'static> From<SdkError<E>> for Unread {
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
    use crate::doctor::finding::Status;

    fn rejected(code: &str, message: &str) -> Unread {
        let metadata = ErrorMetadata::builder().code(code).message(message).build();
        let response = HttpResponse::new(400.try_into().unwrap(), SdkBody::empty());
        SdkError::service_error(GetQueueAttributesError::generic(metadata), response).into()
    }

    #[test]
    fn what_does_not_exist_is_a_problem_and_what_may_not_be_read_is_not_checked() {
        for code in ABSENT {
            let finding = rejected(code, "no such thing").finding("deploy");
            assert_eq!(finding, Finding::problem("does not exist: no such thing", "deploy"), "{code}");
        }
        let finding = rejected("AccessDeniedException", "not authorized to perform: x").finding("deploy");
        assert_eq!((finding.status, finding.advice), (Status::NotChecked, None));
        assert_eq!(finding.found, "AccessDeniedException: not authorized to perform: x");
    }

    #[test]
    fn a_service_that_is_not_reached_is_not_checked_and_the_causes_are_named() {
        let error: SdkError<GetQueueAttributesError> = SdkError::timeout_error("no answer");
        assert_eq!(Unread::from(error), Unread::Unknown("request has timed out: no answer".into()));
    }
}
