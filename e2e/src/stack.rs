//! A stack and clients for all its services.

use std::{env, path::Path};

use stack::Outputs;

use crate::Api;

/// A running stack, found by its outputs.
#[derive(Debug, Clone)]
pub struct Stack {
    /// Its outputs.
    pub outputs: Outputs,
    /// Its API.
    pub api: Api,
    /// The client for `DynamoDB`.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The client for IAM.
    pub iam: aws_sdk_iam::Client,
    /// The client for Kinesis.
    pub kinesis: aws_sdk_kinesis::Client,
    /// The client for Lambda.
    pub lambda: aws_sdk_lambda::Client,
    /// The client for S3.
    pub s3: aws_sdk_s3::Client,
    /// The client for SQS.
    pub sqs: aws_sdk_sqs::Client,
}

impl Stack {
    /// Finds the stack whose outputs are in the file that `LIKES_OUTPUTS` names.
    ///
    /// # Panics
    /// If the outputs cannot be read.
    pub async fn find() -> Self {
        let file =
            env::var_os("LIKES_OUTPUTS").expect("LIKES_OUTPUTS is set; run the tests with: ./justw test-e2e");
        let outputs = Outputs::read(Path::new(&file)).unwrap_or_else(|error| panic!("{error}"));
        let config = outputs.sdk_config().await;
        Self {
            api: Api::new(outputs.likes_url.clone()),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kinesis: aws_sdk_kinesis::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            s3: outputs.s3(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            outputs,
        }
    }
}
