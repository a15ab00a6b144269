//! Faults that raise the metrics of the alarms that no other fault raises. Afterwards,
//! `pulumi/local/alarms/faultTrial.ts` tells from the metrics which alarms ring.

use std::time::Duration;

use aws_sdk_lambda::types::{DestinationConfig, OnFailure};
use e2e::{Fault, Faults, Processes, Stack, new_key, new_movie, stays, within};
use futures::{StreamExt, stream};
use serde_json::json;
use tokio::time::sleep;

use crate::{BETWEEN_KILLS, ONE_AT_A_TIME, TIME_TO_DELIVER};

/// Long enough for a few calls of each kind to fail.
const A_WHILE: Duration = Duration::from_secs(3);
/// Longer than the metrics process takes to ask the queue again.
const UNTIL_ASKED: Duration = Duration::from_secs(6);

/// Posts likes of a movie, and waits until they are accepted.
async fn post(stack: &Stack, movie: &str, likes: usize) {
    let like = json!({"movieId": movie});
    let accepted = stream::iter(0..likes).map(|_| stack.api.like(&like, new_key())).buffer_unordered(16);
    assert_eq!(accepted.count().await, likes);
}

#[tokio::test]
async fn nothing_is_wrong() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let fault = Fault::begin("none").await;
    let movie = new_movie();
    post(&stack, &movie, 100).await;
    stays(async || stack.api.count(&movie).await, 100).await;
    sleep(TIME_TO_DELIVER).await;
    fault.end();
}

#[tokio::test]
async fn the_functions_have_no_concurrency() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let outputs = &stack.outputs;
    let functions = [&outputs.ingest_function, &outputs.update_function, &outputs.get_function];
    let fault = Fault::begin("no concurrency").await;
    let movie = new_movie();
    post(&stack, &movie, 5).await;
    for function in functions {
        let put = stack.lambda.put_function_concurrency().function_name(function);
        put.reserved_concurrent_executions(0).send().await.unwrap();
    }
    let body = json!({"movieId": movie}).to_string();
    assert!(!stack.api.post().body(body).send().await.unwrap().status().is_success());
    assert!(!stack.api.get(&[&movie]).send().await.unwrap().status().is_success());
    sleep(A_WHILE).await;
    for function in functions {
        stack.lambda.delete_function_concurrency().function_name(function).send().await.unwrap();
    }
    fault.end();
    stays(async || stack.api.count(&movie).await, 5).await;
}

#[tokio::test]
async fn more_requests_arrive_than_the_gateway_takes() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let fault = Fault::begin("too many requests").await;
    let movie = new_movie();
    let answers = stream::iter(0..600).map(|_| stack.api.get(&[&movie]).send()).buffer_unordered(600);
    let throttled = answers.filter(|answer| {
        let is_throttled = answer.as_ref().is_ok_and(|answer| answer.status() == 429);
        async move { is_throttled }
    });
    assert!(throttled.count().await > 0);
    fault.end();
}

#[tokio::test]
async fn the_same_likes_come_again_and_again() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let fault = Fault::begin("duplicates").await;
    let movie = new_movie();
    let (like, key) = (json!({"movieId": movie}), new_key());
    for _ in 0..5 {
        stack.api.like(&like, key).await;
    }
    stays(async || stack.api.count(&movie).await, 1).await;
    fault.end();
}

#[tokio::test]
async fn firehose_stops() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let delivery = Processes::of_delivery(&stack);
    // What others posted is archived by then.
    sleep(TIME_TO_DELIVER).await;
    let fault = Fault::begin("Firehose stopped").await;
    assert_eq!(delivery.stop(), 1);
    post(&stack, &new_movie(), 20).await;
    sleep(2 * A_WHILE).await;
    fault.end();
    let fault = Fault::begin("Firehose catches up").await;
    assert_eq!(delivery.resume(), 1);
    sleep(TIME_TO_DELIVER).await;
    fault.end();
}

/// The mapping of `UpdateCount`, and its own on-failure destination.
struct Mapping<'a> {
    stack: &'a Stack,
    uuid: String,
    destination: String,
}

impl<'a> Mapping<'a> {
    async fn of(stack: &'a Stack) -> Self {
        let list = stack.lambda.list_event_source_mappings().function_name(&stack.outputs.update_function);
        let found = list.send().await.unwrap().event_source_mappings.unwrap().remove(0);
        let destination = found.destination_config.unwrap().on_failure.unwrap().destination.unwrap();
        Self { stack, uuid: found.uuid.unwrap(), destination }
    }

    /// Changes the settings, and waits until the process that is restarted has read them.
    async fn set(&self, retries: i32, destination: &str) {
        let destination = OnFailure::builder().destination(destination).build();
        let update = self.stack.lambda.update_event_source_mapping().uuid(&self.uuid);
        let update = update.maximum_retry_attempts(retries);
        let update = update.destination_config(DestinationConfig::builder().on_failure(destination).build());
        update.send().await.unwrap();
        let mapping = Processes::of_mapping(self.stack);
        assert_eq!(mapping.kill(), 1);
        sleep(A_WHILE).await;
    }

    /// Lets `UpdateCount` crash at a like that it cannot count.
    async fn crash_at_a_like(&self) {
        post(self.stack, &new_movie(), 1).await;
        for _ in 0..3 {
            let _killed = Processes::of_functions(self.stack).kill();
            sleep(BETWEEN_KILLS).await;
        }
    }
}

#[tokio::test]
async fn lambda_discards_records() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    let mapping = Mapping::of(&stack).await;
    let queue = &stack.outputs.quarantine_queue_url;
    // Then the function tries for as long as it runs.
    let down = json!([{"service": "dynamodb", "error": {"code": "InternalServerError", "status": 500}}]);

    let fault = Fault::begin("records discarded").await;
    mapping.set(0, &mapping.destination).await;
    faults.inject(&down).await;
    mapping.crash_at_a_like().await;
    let visible = async || {
        let name = aws_sdk_sqs::types::QueueAttributeName::ApproximateNumberOfMessages;
        let attributes = stack.sqs.get_queue_attributes().queue_url(queue).attribute_names(name.clone());
        attributes.send().await.unwrap().attributes.unwrap()[&name].clone()
    };
    within(UNTIL_ASKED, visible, |messages| messages != "0").await;
    sleep(UNTIL_ASKED).await;
    fault.end();

    let fault = Fault::begin("records dropped").await;
    let gone = stack.sqs.create_queue().queue_name(new_movie()).send().await.unwrap().queue_url.unwrap();
    let arn = mapping.destination.rsplit_once(':').unwrap().0.to_owned();
    mapping.set(0, &format!("{arn}:{}", gone.rsplit('/').next().unwrap())).await;
    stack.sqs.delete_queue().queue_url(gone).send().await.unwrap();
    mapping.crash_at_a_like().await;
    fault.end();

    assert!(faults.stop().await);
    mapping.set(-1, &mapping.destination).await;
    stack.sqs.purge_queue().queue_url(queue).send().await.unwrap();
}

#[tokio::test]
async fn the_functions_crash_while_they_work() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    let slow = json!([
        {"service": "kinesis", "operation": "PutRecord", "latency": 1900},
        {"service": "dynamodb", "operation": "BatchGetItem", "latency": 1900},
    ]);
    let fault = Fault::begin("functions crash").await;
    faults.inject(&slow).await;
    let movie = new_movie();
    let body = json!({"movieId": movie}).to_string();
    let kill = async {
        sleep(Duration::from_secs(1)).await;
        assert!(Processes::of_functions(&stack).kill() >= 2);
    };
    let (post, get) = (stack.api.post().body(body).send(), stack.api.get(&[&movie]).send());
    let (posted, read, ()) = tokio::join!(post, get, kill);
    assert_eq!([posted.unwrap().status(), read.unwrap().status()], [502, 502]);
    assert!(faults.stop().await);
    fault.end();
}

#[tokio::test]
async fn calls_take_longer_than_the_timeout() {
    let _turn = ONE_AT_A_TIME.lock().await;
    let stack = Stack::find().await;
    let faults = Faults::of(&stack);
    let slow = json!([{"service": "kinesis", "operation": "PutRecord", "latency": 2500}]);
    let fault = Fault::begin("slow calls").await;
    faults.inject(&slow).await;
    let body = json!({"movieId": new_movie()}).to_string();
    assert_eq!(stack.api.post().body(body).send().await.unwrap().status(), 503);
    assert!(faults.stop().await);
    fault.end();
}
