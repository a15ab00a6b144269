//! A stack's outputs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use thiserror::Error;

/// A stack's outputs, as named by `pulumi stack output` and in `.local/outputs.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outputs {
    /// The API stage's base URL.
    pub invoke_url: String,
    /// The URL of `POST /likes` and `GET /likes`.
    pub likes_url: String,
    /// The id of the API; `None` for a stack that was deployed before this was an output.
    pub api_id: Option<String>,
    /// The name of the API; `None` for a stack that was deployed before this was an output.
    pub api_name: Option<String>,
    /// The AWS region.
    pub region: String,
    /// The name of the Kinesis stream.
    pub stream_name: String,
    /// The name of the table of counts.
    pub counts_table: String,
    /// The name of the ledger.
    pub ledger_table: String,
    /// The name of the archive's bucket.
    pub archive_bucket: String,
    /// The maximum time that Firehose buffers likes before it writes an object, in seconds.
    #[serde(default = "default_buffer_seconds")]
    pub archive_buffer_seconds: u32,
    /// The number of days after which objects in the archive are deleted; 0 for never.
    #[serde(default)]
    pub archive_expire_after_days: u32,
    /// The URL of the quarantine queue.
    pub quarantine_queue_url: String,
    /// The name of the Firehose stream.
    pub delivery_stream: String,
    /// The name of the function `IngestLike`.
    pub ingest_function: String,
    /// The name of the function `UpdateCount`.
    pub update_function: String,
    /// The name of the function `GetLikes`.
    pub get_function: String,
    /// The names of the stack's alarms; empty for a stack that was deployed before this was an output.
    #[serde(default)]
    pub alarm_names: Vec<String>,
    /// The endpoint of all AWS services; `None` on AWS.
    pub endpoint_url: Option<String>,
    /// The local stack's access key id; `None` on AWS.
    pub access_key_id: Option<String>,
    /// The local stack's secret access key; `None` on AWS.
    pub secret_access_key: Option<String>,
    /// The collector that gets the traces of all likes; `None` on AWS, and if there is none.
    pub otlp_endpoint: Option<String>,
    /// The control URL of the fault-injecting proxy between the functions and AWS; `None` if there is none.
    pub faults_url: Option<String>,
}

/// The Pulumi program's default, for a stack that was deployed before this was an output.
fn default_buffer_seconds() -> u32 {
    60
}

/// The outputs cannot be read.
#[derive(Debug, Error)]
pub enum OutputsError {
    /// The file cannot be read.
    #[error("{0} cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    /// The file is not JSON, or an output is missing or malformed.
    #[error("{0} does not contain a stack's outputs")]
    Malformed(PathBuf, #[source] serde_json::Error),
}

impl Outputs {
    /// The id of the stack's AWS account, taken from the URL of its queue; `None` if the URL does not contain one.
    ///
    /// See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let account = self.quarantine_queue_url.rsplit('/').nth(1)?;
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
    }

    /// The name of the quarantine queue, taken from its URL.
    #[must_use]
    pub fn quarantine_queue(&self) -> &str {
        self.quarantine_queue_url.rsplit('/').next().unwrap_or_default()
    }

    /// Reads the outputs from a file of JSON.
    ///
    /// # Errors
    /// [`OutputsError`] if the file cannot be read or does not contain a stack's outputs.
    pub fn read(path: &Path) -> Result<Self, OutputsError> {
        let text =
            fs::read_to_string(path).map_err(|error| OutputsError::Unreadable(path.to_owned(), error))?;
        serde_json::from_str(&text).map_err(|error| OutputsError::Malformed(path.to_owned(), error))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn outputs(queue_url: &str) -> Outputs {
        serde_json::from_value(json!({
            "invokeUrl": "", "likesUrl": "", "region": "", "streamName": "", "countsTable": "", "ledgerTable": "",
            "archiveBucket": "", "quarantineQueueUrl": queue_url, "deliveryStream": "", "ingestFunction": "",
            "updateFunction": "", "getFunction": "",
        }))
        .unwrap()
    }

    #[test]
    fn the_account_is_the_one_in_the_queues_url() {
        let account = |url| outputs(url).account().map(str::to_owned);
        let expected = Some("123456789012".to_owned());
        assert_eq!(account("https://sqs.eu-central-1.amazonaws.com/123456789012/likes-quarantine"), expected);
        assert_eq!(account("http://127.0.0.1:4566/123456789012/likes-quarantine"), expected);
        for url in
            ["", "quarantine", "https://sqs.eu-central-1.amazonaws.com/quarantine", "https://q/1234/likes"]
        {
            assert_eq!(account(url), None, "{url}");
        }
    }

    #[test]
    fn the_queues_name_is_the_last_part_of_its_url() {
        let outputs = outputs("https://sqs.eu-central-1.amazonaws.com/123456789012/likes-quarantine");
        assert_eq!(outputs.quarantine_queue(), "likes-quarantine");
    }

    #[test]
    fn a_stack_that_does_not_say_how_long_firehose_gathers_has_the_default() {
        assert_eq!(outputs("").archive_buffer_seconds, 60);
    }
}
