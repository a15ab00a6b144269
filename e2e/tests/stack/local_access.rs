//! Only the developer can access the local stack's AWS: neither web pages nor other users of the machine can.

use aws_sdk_lambda::{
    Client,
    config::Credentials,
    error::{DisplayErrorContext, ProvideErrorMetadata},
};
use e2e::Stack;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;

/// A local stack and its endpoint; `None` on AWS.
async fn local() -> Option<(Stack, String)> {
    let stack = Stack::find().await;
    let endpoint = stack.outputs.endpoint_url.clone()?;
    Some((stack, endpoint))
}

fn request(method: Method, url: String) -> RequestBuilder {
    reqwest::Client::new().request(method, url)
}

async fn assert_forbidden(request: RequestBuilder) {
    let response = request.send().await.expect("there is a response");
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(response.headers().get("access-control-allow-origin"), None, "a page may read the response");
}

/// A request that a page can send without a preflight: <https://fetch.spec.whatwg.org/#cors-safelisted-request-header>.
fn simple_post(url: String, body: &serde_json::Value) -> RequestBuilder {
    let request = request(Method::POST, url).body(body.to_string());
    request.header("content-type", "text/plain").header("origin", "https://evil.example")
}

#[tokio::test]
async fn a_page_cannot_create_a_function() {
    let Some((stack, endpoint)) = local().await else { return };
    let body = json!({"FunctionName": "evil", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": "arn:aws:iam::000000000000:role/likes-update", "Code": {"ZipFile": ""}});
    let url = format!("{endpoint}/2015-03-31/functions");
    let by_query = format!("{url}?X-Amz-Credential=test/20261123/us-east-1/lambda/aws4_request");
    for url in [url, by_query] {
        assert_forbidden(simple_post(url.clone(), &body)).await;
        assert_forbidden(simple_post(url.clone(), &body).header("sec-fetch-site", "cross-site")).await;
        assert_forbidden(request(Method::OPTIONS, url).header("origin", "https://evil.example")).await;
    }
    let functions =
        stack.lambda.list_functions().send().await.expect("the stack's own credentials are accepted");
    let names: Vec<_> =
        functions.functions().iter().filter_map(|function| function.function_name()).collect();
    assert!(names.contains(&stack.outputs.update_function.as_str()) && !names.contains(&"evil"), "{names:?}");
}

#[tokio::test]
async fn nobody_can_reset_the_emulator() {
    let Some((stack, endpoint)) = local().await else { return };
    let reset = format!("{endpoint}/_ministack/reset");
    assert_forbidden(simple_post(reset.clone(), &json!({}))).await;
    assert_forbidden(request(Method::POST, reset)).await;
    assert!(stack.lambda.list_functions().send().await.is_ok_and(|found| !found.functions().is_empty()));
}

#[tokio::test]
async fn a_rebound_dns_name_gives_no_access() {
    let Some((stack, endpoint)) = local().await else { return };
    assert_forbidden(request(Method::GET, endpoint).header("host", "evil.example")).await;
    assert_forbidden(request(Method::GET, stack.outputs.likes_url).header("host", "evil.example")).await;
}

#[tokio::test]
async fn well_known_credentials_and_guessed_secrets_are_rejected() {
    let Some((stack, _)) = local().await else { return };
    let key = stack.outputs.access_key_id.clone().expect("is an output");
    let config = stack.outputs.sdk_config().await;
    for (key, secret, code) in [
        ("test", "test", "InvalidClientTokenId"),
        ("000000000000", "test", "InvalidClientTokenId"),
        (key.as_str(), "guessed", "SignatureDoesNotMatch"),
    ] {
        let credentials = Credentials::new(key, secret, None, None, "stranger");
        let config = aws_sdk_lambda::config::Builder::from(&config).credentials_provider(credentials);
        let error = Client::from_conf(config.build()).list_functions().send().await.expect_err("is rejected");
        assert_eq!(error.code(), Some(code), "{}", DisplayErrorContext(&error));
    }
}
