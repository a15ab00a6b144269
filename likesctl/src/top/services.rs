//! The services that are asked.

use archive::Archive;
use stack::Outputs;

/// A stack, and clients for the services that are asked.
#[derive(Debug)]
pub(super) struct Services {
    pub outputs: Outputs,
    pub is_local: bool,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub kinesis: aws_sdk_kinesis::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub sqs: aws_sdk_sqs::Client,
    pub archive: Archive,
}

impl Services {
    pub(super) async fn of(outputs: Outputs) -> Self {
        let config = outputs.sdk_config().await;
        Self {
            is_local: outputs.endpoint_url.is_some(),
            cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            archive: Archive::new(outputs.s3(&config), outputs.archive_bucket.clone()),
            outputs,
        }
    }
}
