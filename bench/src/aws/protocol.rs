//! AWS's JSON protocols: a POST whose header `X-Amz-Target` names the operation.
//!
//! See <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html>.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use uuid::Uuid;

use super::{dynamodb::DynamoDb, failure::Failure, kinesis::Kinesis, sqs::Sqs, usage::Meter};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
/// `DynamoDB` sends the checksum of each response, and SDKs check it.
const CRC32: HeaderName = HeaderName::from_static("x-amz-crc32");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// The services behind the one endpoint.
#[derive(Debug)]
pub(super) struct Services {
    pub(super) kinesis: Kinesis,
    pub(super) dynamodb: DynamoDb,
    pub(super) sqs: Sqs,
    pub(super) meter: Arc<Meter>,
}

impl Services {
    /// Responds to a request. It is carried out even if the client does not wait for the response.
    pub(super) async fn respond(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let carried_out =
            tokio::spawn(async move { self.carry_out(&head.method, &head.headers, &body).await });
        Ok(carried_out.await.unwrap_or_else(|error| response("", Err(Failure::internal(error.to_string())))))
    }

    async fn carry_out(&self, method: &Method, headers: &HeaderMap, body: &[u8]) -> Response<Full<Bytes>> {
        let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let result = match (method, target.split_once('.')) {
            (&Method::POST, Some((service, operation))) => {
                self.meter.call(target);
                match authorized(headers) {
                    Ok(()) => self.call(service, operation, body).await,
                    Err(failure) => Err(failure),
                }
            }
            _ => Err(Failure::unknown_operation(&format!("{method} {target}"))),
        };
        response(target, result)
    }

    async fn call(&self, service: &str, operation: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        match service {
            "DynamoDB_20120810" => self.dynamodb.call(operation, body).await,
            "Kinesis_20131202" => self.kinesis.call(operation, body).await,
            "AmazonSQS" => self.sqs.call(operation, body).await,
            _ => Err(Failure::unknown_operation(&format!("{service}.{operation}"))),
        }
    }
}

/// Every request must have a signature, which is not checked.
fn authorized(headers: &HeaderMap) -> Result<(), Failure> {
    let authorization = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_signed = authorization.starts_with("AWS4-HMAC-SHA256 ")
        && ["Credential=", "SignedHeaders=", "Signature="].iter().all(|part| authorization.contains(part));
    if is_signed {
        return Ok(());
    }
    let shape = "com.amazon.coral.service#MissingAuthenticationTokenException";
    Err(Failure::new(shape, "Request is missing Authentication Token"))
}

fn response(target: &str, result: Result<Vec<u8>, Failure>) -> Response<Full<Bytes>> {
    let is_dynamodb = target.starts_with("DynamoDB_");
    let content_type = if target.starts_with("Kinesis_") {
        "application/x-amz-json-1.1"
    } else {
        "application/x-amz-json-1.0"
    };
    let mut response = Response::new(Full::default());
    let body = match result {
        Ok(body) => body,
        Err(failure) => {
            *response.status_mut() =
                StatusCode::from_u16(failure.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            if let Some(code) = failure.query_error {
                response.headers_mut().insert(QUERY_ERROR, HeaderValue::from_static(code));
            }
            failure.body()
        }
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Ok(id) = HeaderValue::from_str(&Uuid::now_v7().to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    if is_dynamodb {
        headers.insert(CRC32, crc32fast::hash(&body).into());
    }
    *response.body_mut() = Full::from(body);
    response
}
