//! The Lambda function behind `GET /likes`.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use get_likes::{Counts, GetLikes};
use lambda_http::{Error, run};
use startup::CallBudget;

/// Three of these, the last two for unprocessed keys, fit in the time that the handler takes for all reads.
const BATCH_GET_ITEM: CallBudget = CallBudget {
    attempts: 3,
    attempt_timeout: Duration::from_secs(1),
    operation_timeout: Duration::from_millis(2500),
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    startup::init_telemetry();
    let _metrics = startup::metrics::write();
    let client = Client::new(&startup::sdk_config(BATCH_GET_ITEM));
    let counts = Counts::new(client, startup::variable("COUNTS_TABLE")?);
    let get_likes = GetLikes::new(counts, api::cors(&startup::variable("CORS_ORIGINS")?)?);
    run(get_likes.service()).await
}
