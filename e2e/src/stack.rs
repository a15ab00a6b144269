//! A stack and clients of all its parts.

use std::{env, path::Path};

use stack::Outputs;

use crate::Api;

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
    /// Finds the stack whose outputs are in the file that `LIKES_OUTPUTS` names.
    ///
    /// # Panics
    /// If the outputs cannot be read.
    pub async fn find() -> Self {
        let file =
            env::var_os("LIKES_OUTPUTS").expect("LIKES_OUTPUTS is set; run the tests with: just test-e2e");
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
