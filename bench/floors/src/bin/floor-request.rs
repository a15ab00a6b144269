//! A function that makes a single TLS request for each event, with the HTTP client and the TLS of the AWS SDK, but
//! without the SDK: no signature, no retries, no parsing. A function that calls AWS can hardly do less.

use std::env;

use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::de::IgnoredAny;

/// A `PutRecord` as large as that of `IngestLike`.
const BODY: &str = r#"{"StreamName":"likes","Data":"eyJ2ZXJzaW9uIjoxLCJsaWtlSWQiOiIwMWEyMDZjNi03OGZiLTdjYzMtOThjNC1kYzBjMGMwNzM5OGYiLCJtb3ZpZUlkIjoidHQwMTExMTYxIiwidXNlcklkIjoidS00MiIsImxpa2VkQXQiOiIyMDI2LTExLTIzVDA1OjAwOjAwLjEyM1oifQo=","PartitionKey":"01a206c6-78fb-7cc3-98c4-dc0c0c07398f"}"#;

/// The simulated AWS only checks that there is a signature.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=floor/20261124/eu-west-1/kinesis/aws4_request, \
    SignedHeaders=host;x-amz-target, Signature=0000000000000000000000000000000000000000000000000000000000000000";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build();
    let endpoint = env::var("AWS_ENDPOINT_URL")?;
    run(service_fn(async |_: LambdaEvent<IgnoredAny>| put_record(&connector, &endpoint).await)).await
}

async fn put_record(connector: &Connector, endpoint: &str) -> Result<(), Error> {
    let mut request = HttpRequest::new(SdkBody::from(BODY));
    request.set_method("POST")?;
    request.set_uri(endpoint)?;
    for (name, value) in [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "Kinesis_20131202.PutRecord"),
        ("authorization", AUTHORIZATION),
    ] {
        request.headers_mut().try_insert(name, value)?;
    }
    let response = connector.call(request).await?;
    let status = response.status().as_u16();
    let body = ByteStream::new(response.into_body()).collect().await?.into_bytes();
    if status == 200 { Ok(()) } else { Err(format!("{status}: {body:?}").into()) }
}
