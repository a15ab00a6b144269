//! The services that a stack uses.

use archive::Archive;
use jiff::{SignedDuration, Timestamp};
use stack::Outputs;

use super::{REPAIR, REPAIR_LOCAL};
use crate::survey;

/// How much later than archived a like may be counted, before counting is late; the alarm `counting-late` has the same.
const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// A stack, and clients for its services.
#[derive(Debug)]
pub(super) struct Services {
    pub outputs: Outputs,
    pub is_local: bool,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub firehose: aws_sdk_firehose::Client,
    pub kinesis: aws_sdk_kinesis::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub s3: aws_sdk_s3::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub sts: aws_sdk_sts::Client,
}

impl Services {
    pub(super) async fn of(outputs: Outputs) -> Self {
        let config = outputs.sdk_config().await;
        Self {
            is_local: outputs.endpoint_url.is_some(),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            firehose: aws_sdk_firehose::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: outputs.s3(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sts: aws_sdk_sts::Client::new(&config),
            outputs,
        }
    }

    pub(super) fn archive(&self) -> Archive {
        Archive::new(self.s3.clone(), self.outputs.archive_bucket.clone())
    }

    /// What to do about a resource that is not as the Pulumi program deploys it.
    pub(super) fn repair(&self) -> &'static str {
        if self.is_local { REPAIR_LOCAL } else { REPAIR }
    }

    /// Likes that were accepted before this must be counted and archived.
    pub(super) fn settled(&self) -> Timestamp {
        survey::settled(survey::default_margin(&self.outputs, SLACK))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;

    /// A stack on AWS whose outputs have their own names as their values.
    pub(in crate::doctor) async fn services(likes_url: &str) -> Services {
        let outputs = json!({
            "invokeUrl": "invokeUrl", "likesUrl": likes_url, "region": "eu-west-1", "streamName": "streamName",
            "countsTable": "countsTable", "ledgerTable": "ledgerTable", "archiveBucket": "archiveBucket",
            "quarantineQueueUrl": "quarantineQueueUrl", "deliveryStream": "deliveryStream",
            "ingestFunction": "ingestFunction", "updateFunction": "updateFunction", "getFunction": "getFunction",
        });
        Services::of(serde_json::from_value(outputs).unwrap()).await
    }
}
