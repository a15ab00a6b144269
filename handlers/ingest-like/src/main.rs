//! The Lambda function behind `POST /likes`.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use ingest_like::Ingest;
use lambda_http::{Error, Request, run, service_fn};
use startup::CallBudget;
use stream::Stream;

/// Well inside the function's timeout (10 s) and API Gateway's (29 s), so the client always gets an answer.
const PUT_RECORD: CallBudget = CallBudget {
    attempts: 3,
    attempt_timeout: Duration::from_secs(2),
    operation_timeout: Duration::from_secs(6),
};

#[tokio::main]
async fn main() -> Result<(), Error> {
    startup::init_telemetry();
    let client = Client::new(&startup::sdk_config(PUT_RECORD).await);
    let stream = Stream::new(client, startup::variable("STREAM_NAME")?);
    let ingest = Ingest::new(stream, startup::variable("CORS_ORIGINS")?.parse()?);
    run(service_fn(async |request: Request| Ok::<_, Error>(ingest.handle(&request).await))).await
}
