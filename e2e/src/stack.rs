//! A stack and clients of all its parts.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::config::Credentials;

use crate::{Api, Outputs};

/// A stack that runs, found by its outputs alone.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its outputs.
    pub outputs: Outputs,
    /// Its API.
    pub api: Api,
    /// DynamoDB, where it is.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// IAM, where it is.
    pub iam: aws_sdk_iam::Client,
    /// Kinesis, where it is.
    pub kinesis: aws_sdk_kinesis::Client,
    /// Lambda, where it is.
    pub lambda: aws_sdk_lambda::Client,
    /// S3, where it is.
    pub s3: aws_sdk_s3::Client,
    /// SQS, where it is.
    pub sqs: aws_sdk_sqs::Client,
}

impl Stack {
    /// Finds the stack that `LIKES_OUTPUTS` names: with the environment's AWS credentials, or with the emulator's
    /// when the outputs name an endpoint.
    ///
    /// # Panics
    /// If the outputs cannot be read.
    pub async fn find() -> Self {
        let outputs = Outputs::read().unwrap_or_else(|error| panic!("{error}"));
        let mut config =
            aws_config::defaults(BehaviorVersion::latest()).region(Region::new(outputs.region.clone()));
        if let Some(endpoint) = &outputs.endpoint_url {
            config = config
                .endpoint_url(endpoint)
                .credentials_provider(Credentials::new("test", "test", None, None, "emulator"));
        }
        let config = config.load().await;
        let s3 = aws_sdk_s3::config::Builder::from(&config)
            .force_path_style(outputs.endpoint_url.is_some())
            .build();
        Self {
            api: Api::new(outputs.likes_url.clone()),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&config),
            outputs,
        }
    }
}
