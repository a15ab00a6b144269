//! The Runtime API, asked as a function asks it.

#![cfg(test)]

use std::time::Duration;

use bench::runtime_api::{CallError, RuntimeApi};
use reqwest::{Client, Response, StatusCode};

const TIMEOUT: Duration = Duration::from_secs(30);

fn url(api: &RuntimeApi, path: &str) -> String {
    format!("http://{}/2018-06-01/runtime/{path}", api.address())
}

async fn next(client: &Client, url: String) -> Response {
    client.get(url).send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

#[tokio::test]
async fn an_event_is_answered_and_timed_without_the_time_until_the_function_was_ready() {
    let mut api = RuntimeApi::start().await.unwrap();
    let (client, base) = (Client::new(), url(&api, ""));
    let function = tokio::spawn(async move {
        let event = next(&client, format!("{base}invocation/next")).await;
        let id = header(&event, "lambda-runtime-aws-request-id").to_owned();
        let deadline: u64 = header(&event, "lambda-runtime-deadline-ms").parse().unwrap();
        assert!(header(&event, "lambda-runtime-invoked-function-arn").starts_with("arn:aws:lambda:"));
        assert_eq!(event.text().await.unwrap(), "event");
        tokio::time::sleep(Duration::from_millis(30)).await;
        let answer = client.post(format!("{base}invocation/{id}/response")).body("answer");
        assert_eq!(answer.send().await.unwrap().status(), StatusCode::ACCEPTED);
        // What it does until it asks again is not part of the call.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let _ = client.get(format!("{base}invocation/next")).send().await;
        deadline
    });
    api.ready().await.unwrap();
    let answer = api.call("event".into(), TIMEOUT).await.unwrap();
    assert_eq!(answer.body, "answer");
    assert!((Duration::from_millis(30)..Duration::from_millis(200)).contains(&answer.took), "{answer:?}");
    drop(api);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let left = Duration::from_millis(function.await.unwrap()).saturating_sub(now);
    assert!((TIMEOUT / 2..=TIMEOUT).contains(&left), "{left:?}");
}

#[tokio::test]
async fn an_error_of_a_call_or_of_initialization_is_one_of_the_caller() {
    let mut api = RuntimeApi::start().await.unwrap();
    let (client, base) = (Client::new(), url(&api, ""));
    let function = tokio::spawn(async move {
        let id =
            header(&next(&client, format!("{base}invocation/next")).await, "lambda-runtime-aws-request-id")
                .to_owned();
        client.post(format!("{base}invocation/{id}/error")).body("no stream").send().await.unwrap();
        let _ = client.get(format!("{base}invocation/next")).send().await;
    });
    api.ready().await.unwrap();
    let error = api.call("event".into(), TIMEOUT).await.unwrap_err();
    assert!(matches!(&error, CallError::Reported(what) if what == "no stream"), "{error}");
    drop(api);
    function.await.unwrap();

    let mut api = RuntimeApi::start().await.unwrap();
    let reported = Client::new().post(url(&api, "init/error")).body("no table").send().await.unwrap();
    assert_eq!(reported.status(), StatusCode::ACCEPTED);
    let error = api.ready().await.unwrap_err();
    assert!(matches!(&error, CallError::Reported(what) if what == "no table"), "{error}");
}

#[tokio::test]
async fn an_answer_to_another_event_is_an_error() {
    let mut api = RuntimeApi::start().await.unwrap();
    let (client, base) = (Client::new(), url(&api, ""));
    let function = tokio::spawn(async move {
        next(&client, format!("{base}invocation/next")).await;
        let other = "01a206c6-78fb-7cc3-98c4-dc0c0c07398f";
        client.post(format!("{base}invocation/{other}/response")).body("answer").send().await.unwrap();
        let _ = client.get(format!("{base}invocation/next")).send().await;
    });
    api.ready().await.unwrap();
    let error = api.call("event".into(), TIMEOUT).await.unwrap_err();
    assert!(matches!(error, CallError::Protocol(_)), "{error}");
    drop(api);
    function.await.unwrap();
}
