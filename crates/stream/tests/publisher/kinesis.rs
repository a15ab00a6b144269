//! Kinesis as far as the SDK sees it: HTTP requests and responses.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_sdk_kinesis::{
    Client,
    config::{
        Config, HttpClient, RuntimeComponents,
        http::{HttpRequest, HttpResponse},
        retry::RetryConfig,
        timeout::TimeoutConfig,
    },
};
use aws_smithy_runtime_api::{
    client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    http::StatusCode,
};
use tokio::time::{Instant, sleep};

/// The answer to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    Acknowledged,
    Error(u16, &'static str),
    /// An error, after so many seconds.
    Late(u64, &'static str),
    Never,
}

pub(crate) const THROTTLED: Answer = Answer::Error(400, "ProvisionedThroughputExceededException");
pub(crate) const FAILED: Answer = Answer::Error(500, "InternalFailure");

/// A Kinesis that gives these answers, and then acknowledges.
#[derive(Debug, Clone)]
pub(crate) struct Kinesis {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    requests: Arc<Mutex<Vec<(Duration, String)>>>,
    started: Instant,
}

impl Kinesis {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers = Arc::new(Mutex::new(answers.into_iter().collect()));
        Self { answers, requests: Arc::default(), started: Instant::now() }
    }

    /// A client with retries and timeouts like those of `IngestLike`.
    pub(crate) fn client(&self) -> Client {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(50));
        let seconds = Duration::from_secs;
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(seconds(2));
        let config = Config::builder().with_test_defaults_v2().http_client(self.clone());
        let config = config.retry_config(retries.with_max_attempts(3));
        Client::from_conf(config.timeout_config(timeouts.operation_timeout(seconds(6)).build()).build())
    }

    /// The partition keys of the requests since the last call, each with the time of its request.
    pub(crate) fn requests(&self) -> Vec<(Duration, String)> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }

    /// The partition keys alone.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.requests().into_iter().map(|(_, key)| key).collect()
    }
}

impl HttpConnector for Kinesis {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body: serde_json::Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        assert_eq!(request.headers().get("x-amz-target"), Some("Kinesis_20131202.PutRecord"));
        assert_eq!(body["StreamName"], "likes");
        let key = body["PartitionKey"].as_str().unwrap().to_owned();
        self.requests.lock().unwrap().push((self.started.elapsed(), key));
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Acknowledged);
        HttpConnectorFuture::new(async move {
            let (status, body) = match answer {
                Answer::Acknowledged => (200, r#"{"ShardId":"s","SequenceNumber":"1"}"#.to_owned()),
                Answer::Error(status, code) => (status, format!(r#"{{"__type":"{code}"}}"#)),
                Answer::Late(seconds, code) => {
                    sleep(Duration::from_secs(seconds)).await;
                    (400, format!(r#"{{"__type":"{code}"}}"#))
                }
                Answer::Never => std::future::pending().await,
            };
            Ok(HttpResponse::new(StatusCode::try_from(status).unwrap(), body.into()))
        })
    }
}

impl HttpClient for Kinesis {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
