//! The simulated AWS as a client sees it: through TLS, with the requests and responses of AWS's protocols.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::{fs, time::Duration};

use bench::aws::{Aws, Settings};
use reqwest::{Certificate, Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

struct Caller {
    client: Client,
    endpoint: String,
}

impl Caller {
    fn new(aws: &Aws) -> Self {
        let certificate = Certificate::from_pem(&fs::read(aws.certificate()).unwrap()).unwrap();
        let client = Client::builder().tls_certs_only([certificate]).build().unwrap();
        Self { client, endpoint: aws.endpoint().to_owned() }
    }

    fn request(&self, target: &str, request: &Value) -> RequestBuilder {
        let request = self.client.post(&self.endpoint).body(request.to_string());
        request.header("x-amz-target", target)
    }

    /// The status, the content type and the body.
    async fn call(&self, target: &str, request: Value) -> (StatusCode, String, Value) {
        let signature =
            "AWS4-HMAC-SHA256 Credential=a/20261124/r/s/aws4_request, SignedHeaders=host, Signature=0";
        let response =
            self.request(target, &request).header("authorization", signature).send().await.unwrap();
        let status = response.status();
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        assert_eq!(response.headers()["x-amzn-requestid"].len(), 36);
        assert_eq!(response.headers().contains_key("x-amz-crc32"), target.starts_with("DynamoDB"));
        (status, content_type, response.json().await.unwrap())
    }
}

#[tokio::test]
async fn a_record_is_put_and_of_two_conflicting_transactions_one_is_cancelled() {
    let transaction_latency = Duration::from_millis(200);
    let settings = Settings { latency: Duration::ZERO, transaction_latency, ..Settings::DEFAULT };
    let aws = Aws::start(settings).await.unwrap();
    let caller = Caller::new(&aws);

    let record = json!({ "StreamName": "likes", "PartitionKey": "m", "Data": "e30=" });
    let (status, content_type, body) = caller.call("Kinesis_20131202.PutRecord", record).await;
    assert_eq!((status, content_type.as_str()), (StatusCode::OK, "application/x-amz-json-1.1"));
    assert_eq!(body["ShardId"], "shardId-000000000000");
    assert_eq!(body["SequenceNumber"].as_str().unwrap().len(), 56);

    let transaction = |key: &str| {
        let put = json!({ "TableName": "ledger", "Item": { "likeKey": { "S": key } } });
        let update = json!({
            "TableName": "counts",
            "Key": { "movieId": { "S": "m" } },
            "UpdateExpression": "ADD likes :one",
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        });
        caller.call(
            "DynamoDB_20120810.TransactWriteItems",
            json!({ "TransactItems": [{ "Put": put }, { "Update": update }] }),
        )
    };
    let (first, second) = tokio::join!(transaction("a"), transaction("b"));
    let (done, cancelled) = if first.0 == StatusCode::OK { (first, second) } else { (second, first) };
    assert_eq!(done, (StatusCode::OK, "application/x-amz-json-1.0".to_owned(), json!({})));
    let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    let reasons = json!([
        { "Code": "None" },
        { "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" },
    ]);
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": format!("{message} [None, TransactionConflict]"),
        "CancellationReasons": reasons,
    });
    assert_eq!(cancelled, (StatusCode::BAD_REQUEST, "application/x-amz-json-1.0".to_owned(), body));
    assert_eq!(aws.likes("m"), 1);

    let usage = aws.take_usage();
    assert_eq!(usage.calls["Kinesis_20131202.PutRecord"], 1);
    assert_eq!(usage.calls["DynamoDB_20120810.TransactWriteItems"], 2);
    assert_eq!((usage.write_units, usage.cancelled), (8, 1));
    // One connection is kept alive; the second transaction needs another.
    assert_eq!(usage.connections, 2);
    assert!(usage.bytes_received > 700 && usage.bytes_sent > 600, "{usage:?}");

    let unsigned = caller.request("Kinesis_20131202.PutRecord", &json!({})).send().await.unwrap();
    assert_eq!(unsigned.status(), StatusCode::BAD_REQUEST);
    let body: Value = unsigned.json().await.unwrap();
    assert_eq!(body["__type"], "com.amazon.coral.service#MissingAuthenticationTokenException");
}
