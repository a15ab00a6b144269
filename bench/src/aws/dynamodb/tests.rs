//! Calls as their requests and responses are on the wire, in simulated time.

use serde_json::{Value, json};
use tokio::time::{Instant, advance, sleep};

use super::*;
use crate::aws::{Settings, usage::Usage};

const LATENCY: Duration = Duration::from_millis(5);
const TRANSACTION_LATENCY: Duration = Duration::from_millis(25);

fn dynamodb() -> DynamoDb {
    DynamoDb::new(Settings::DEFAULT.tables, LATENCY, TRANSACTION_LATENCY, Arc::default())
}

async fn call(dynamodb: &DynamoDb, operation: &str, request: Value) -> Result<Value, Failure> {
    let response = dynamodb.call(operation, request.to_string().as_bytes()).await?;
    Ok(serde_json::from_slice(&response).unwrap())
}

/// The shape of the error, and its message.
fn error(result: Result<Value, Failure>) -> (String, String) {
    let failure = result.unwrap_err();
    let shape = failure.shape.rsplit('#').next().unwrap().to_owned();
    (shape, failure.message().to_owned())
}

/// The codes of the reasons of a cancelled transaction.
fn reasons(result: Result<Value, Failure>) -> Vec<String> {
    let failure = result.unwrap_err();
    assert_eq!(failure.shape, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "{failure:?}");
    let reasons = failure.members["CancellationReasons"].as_array().unwrap();
    let codes: Vec<_> = reasons.iter().map(|reason| reason["Code"].as_str().unwrap().to_owned()).collect();
    assert!(failure.message().ends_with(&format!("[{}]", codes.join(", "))), "{failure:?}");
    codes
}

fn put(key: &str) -> Value {
    let item = json!({ "likeKey": { "S": key }, "movieId": { "S": "m" } });
    json!({ "Put": {
        "TableName": "ledger", "Item": item, "ConditionExpression": "attribute_not_exists(likeKey)",
    } })
}

fn add(movie: &str) -> Value {
    json!({
        "TableName": "counts",
        "Key": { "movieId": { "S": movie } },
        "UpdateExpression": "ADD likes :added",
        "ExpressionAttributeValues": { ":added": { "N": "1" } },
    })
}

fn transaction(actions: &[Value]) -> Value {
    json!({ "TransactItems": actions })
}

fn usage(dynamodb: &DynamoDb) -> Usage {
    dynamodb.meter.take()
}

#[tokio::test(start_paused = true)]
async fn of_two_transactions_on_one_item_the_second_is_cancelled_and_both_are_charged() {
    let dynamodb = dynamodb();
    let started = Instant::now();
    let first = transaction(&[put("a"), json!({ "Update": add("m") })]);
    let second = transaction(&[put("b"), json!({ "Update": add("m") })]);
    let (first, second) = tokio::join!(
        async { (call(&dynamodb, "TransactWriteItems", first).await, started.elapsed()) },
        async {
            sleep(Duration::from_millis(24)).await;
            call(&dynamodb, "TransactWriteItems", second.clone()).await
        },
    );
    assert_eq!(first.0.unwrap(), json!({}));
    assert!((TRANSACTION_LATENCY..TRANSACTION_LATENCY * 2).contains(&first.1), "{:?}", first.1);
    assert_eq!(reasons(second), ["None", "TransactionConflict"]);
    let usage = usage(&dynamodb);
    assert_eq!((usage.write_units, usage.cancelled), (8, 1));
    assert_eq!(dynamodb.likes("m"), 1);
    // Both have let go of their items.
    let again = transaction(&[put("b"), json!({ "Update": add("m") })]);
    call(&dynamodb, "TransactWriteItems", again).await.unwrap();
    assert_eq!(dynamodb.likes("m"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_transaction_is_carried_out_as_a_whole_or_not_at_all() {
    let dynamodb = dynamodb();
    call(&dynamodb, "TransactWriteItems", transaction(&[put("a")])).await.unwrap();
    let mut again = put("a");
    again["Put"]["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let mut unfitting = add("x");
    unfitting["UpdateExpression"] = json!("SET likes = likes + :added");
    let check = json!({ "ConditionCheck": {
        "TableName": "ledger", "Key": { "likeKey": { "S": "z" } }, "ConditionExpression": "attribute_exists(likeKey)",
    } });
    let actions = [put("b"), again, json!({ "Update": add("m") }), json!({ "Update": unfitting }), check];
    usage(&dynamodb);
    let result = call(&dynamodb, "TransactWriteItems", transaction(&actions)).await;
    let old = result.as_ref().unwrap_err().members["CancellationReasons"][1]["Item"].clone();
    assert_eq!(old, json!({ "likeKey": { "S": "a" }, "movieId": { "S": "m" } }));
    let codes = ["None", "ConditionalCheckFailed", "None", "ValidationError", "ConditionalCheckFailed"]
        .map(str::to_owned);
    assert_eq!(reasons(result), codes);
    assert_eq!(dynamodb.likes("m"), 0);
    let get = json!({ "TableName": "ledger", "Key": { "likeKey": { "S": "b" } } });
    assert_eq!(call(&dynamodb, "GetItem", get).await.unwrap(), json!({}));
    // A condition that does not hold is no conflict, but charged.
    let usage = usage(&dynamodb);
    assert_eq!((usage.write_units, usage.cancelled), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn single_writes_of_an_item_that_a_transaction_holds_fail_and_reads_see_it_as_it_was() {
    let dynamodb = dynamodb();
    call(&dynamodb, "UpdateItem", add("m")).await.unwrap();
    let get = json!({ "TableName": "counts", "Key": { "movieId": { "S": "m" } }, "ConsistentRead": true });
    let delete = json!({ "TableName": "counts", "Key": { "movieId": { "S": "m" } } });
    let (transaction, update, delete, read) = tokio::join!(
        call(&dynamodb, "TransactWriteItems", transaction(&[json!({ "Update": add("m") })])),
        call(&dynamodb, "UpdateItem", add("m")),
        call(&dynamodb, "DeleteItem", delete),
        call(&dynamodb, "GetItem", get),
    );
    transaction.unwrap();
    let conflict =
        ("TransactionConflictException".to_owned(), "Transaction is ongoing for the item".to_owned());
    assert_eq!((error(update), error(delete)), (conflict.clone(), conflict));
    assert_eq!(read.unwrap()["Item"]["likes"]["N"], "1");
    assert_eq!(dynamodb.likes("m"), 2);
    let usage = usage(&dynamodb);
    assert_eq!((usage.write_units, usage.half_read_units), (1 + 2 + 1 + 1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_writes_nothing_and_is_charged_as_a_read() {
    let dynamodb = dynamodb();
    let mut request = transaction(&[json!({ "Update": add("m") })]);
    request["ClientRequestToken"] = json!("token");
    let (first, meanwhile) = tokio::join!(
        call(&dynamodb, "TransactWriteItems", request.clone()),
        call(&dynamodb, "TransactWriteItems", request.clone()),
    );
    first.unwrap();
    assert_eq!(error(meanwhile).0, "TransactionInProgressException");
    call(&dynamodb, "TransactWriteItems", request.clone()).await.unwrap();
    let usage = usage(&dynamodb);
    assert_eq!((dynamodb.likes("m"), usage.write_units, usage.half_read_units), (1, 2, 4));
    let mut other = request.clone();
    other["TransactItems"][0]["Update"]["ExpressionAttributeValues"][":added"]["N"] = json!("2");
    assert_eq!(
        error(call(&dynamodb, "TransactWriteItems", other).await).0,
        "IdempotentParameterMismatchException"
    );
    advance(Duration::from_mins(10)).await;
    call(&dynamodb, "TransactWriteItems", request).await.unwrap();
    assert_eq!(dynamodb.likes("m"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_token_of_a_cancelled_transaction_can_be_used_again() {
    let dynamodb = dynamodb();
    let mut request = transaction(&[json!({ "Update": add("m") })]);
    let other = request.clone();
    request["ClientRequestToken"] = json!("token");
    let (other, cancelled) = tokio::join!(
        call(&dynamodb, "TransactWriteItems", other),
        call(&dynamodb, "TransactWriteItems", request.clone()),
    );
    other.unwrap();
    assert_eq!(reasons(cancelled), ["TransactionConflict"]);
    call(&dynamodb, "TransactWriteItems", request).await.unwrap();
    assert_eq!(dynamodb.likes("m"), 2);
}

#[tokio::test(start_paused = true)]
async fn an_item_takes_1000_write_units_a_second() {
    let dynamodb = dynamodb();
    let large = json!({ "TableName": "counts", "Item": { "movieId": { "S": "m" }, "text": { "S": "x".repeat(399 * 1024) } } });
    for _ in 0..2 {
        call(&dynamodb, "PutItem", large.clone()).await.unwrap();
    }
    let (shape, message) = error(call(&dynamodb, "PutItem", large.clone()).await);
    assert_eq!(shape, "ThrottlingException");
    assert!(message.starts_with("Throughput exceeds the current capacity"), "{message}");
    let actions = [put("a"), json!({ "Update": add("m") })];
    let result = call(&dynamodb, "TransactWriteItems", transaction(&actions)).await;
    assert_eq!(reasons(result), ["None", "ThrottlingError"]);
    // What is throttled is not charged.
    let usage = usage(&dynamodb);
    assert_eq!((usage.write_units, usage.cancelled), (800 + 2, 1));
    advance(Duration::from_secs(1)).await;
    call(&dynamodb, "PutItem", large).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn keys_of_items_at_their_read_limit_are_unprocessed() {
    let dynamodb = DynamoDb::new(Settings::DEFAULT.tables, Duration::ZERO, Duration::ZERO, Arc::default());
    let large = json!({ "TableName": "counts", "Item": { "movieId": { "S": "m" }, "text": { "S": "x".repeat(399 * 1024) } } });
    call(&dynamodb, "PutItem", large).await.unwrap();
    let get = json!({ "TableName": "counts", "Key": { "movieId": { "S": "m" } }, "ConsistentRead": true });
    // Each takes 100 units.
    for _ in 0..30 {
        call(&dynamodb, "GetItem", get.clone()).await.unwrap();
    }
    let failure = call(&dynamodb, "GetItem", get).await.unwrap_err();
    assert_eq!(failure.members["throttlingReasons"][0]["reason"], "TableReadKeyRangeThroughputExceeded");
    let keys = json!([{ "movieId": { "S": "n" } }, { "movieId": { "S": "m" } }]);
    let batch = json!({ "RequestItems": { "counts": { "Keys": keys, "ProjectionExpression": "likes" } } });
    call(&dynamodb, "UpdateItem", add("n")).await.unwrap();
    let response = call(&dynamodb, "BatchGetItem", batch).await.unwrap();
    assert_eq!(response["Responses"]["counts"], json!([{ "likes": { "N": "1" } }]));
    assert_eq!(response["UnprocessedKeys"]["counts"]["Keys"], json!([{ "movieId": { "S": "m" } }]));
}

#[tokio::test(start_paused = true)]
async fn values_are_returned_as_asked_for() {
    let dynamodb = dynamodb();
    let mut update = add("m");
    update["UpdateExpression"] = json!("ADD likes :added SET seen = if_not_exists(likes, :added)");
    let likes = |likes: &str, seen: &str| json!({ "likes": { "N": likes }, "seen": { "N": seen } });
    let all = |mut attributes: Value| {
        attributes["movieId"] = json!({ "S": "m" });
        json!({ "Attributes": attributes })
    };
    for (which, expected) in [
        ("NONE", json!({})),
        ("ALL_OLD", all(likes("1", "1"))),
        ("ALL_NEW", all(likes("3", "2"))),
        ("UPDATED_OLD", json!({ "Attributes": likes("3", "2") })),
        ("UPDATED_NEW", json!({ "Attributes": likes("5", "4") })),
    ] {
        update["ReturnValues"] = json!(which);
        assert_eq!(call(&dynamodb, "UpdateItem", update.clone()).await.unwrap(), expected, "{which}");
    }
    let put =
        json!({ "TableName": "counts", "Item": { "movieId": { "S": "m" } }, "ReturnValues": "ALL_OLD" });
    assert_eq!(call(&dynamodb, "PutItem", put).await.unwrap(), all(likes("5", "4")));
    let check = json!({
        "TableName": "counts", "Item": { "movieId": { "S": "m" } }, "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ConditionExpression": "attribute_not_exists(movieId)",
    });
    let failure = call(&dynamodb, "PutItem", check).await.unwrap_err();
    assert_eq!(failure.shape, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException");
    assert_eq!(failure.members["Item"], json!({ "movieId": { "S": "m" } }));
}

#[tokio::test(start_paused = true)]
async fn the_cells_of_a_movie_are_added_up() {
    let dynamodb = dynamodb();
    for cell in ["m", "m", "m#1", "m#12", "mm", "n"] {
        call(&dynamodb, "UpdateItem", add(cell)).await.unwrap();
    }
    assert_eq!(dynamodb.likes("m"), 4);
    dynamodb.clear();
    assert_eq!(dynamodb.likes("m"), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_invalid_or_not_supported_is_named_and_not_charged() {
    let dynamodb = dynamodb();
    let with = |member: &str, value: Value| {
        let mut update = add("m");
        update[member] = value;
        update
    };
    let twice = transaction(&[put("a"), put("a")]);
    let too_many = transaction(&vec![put("a"); 101]);
    let returning = transaction(&[json!({ "Update": with("ReturnValues", json!("ALL_NEW")) })]);
    let names = json!({ "#x": "x" });
    for (operation, request, why) in [
        ("Query", json!({}), "does not support the operation DynamoDB_20120810.Query"),
        ("UpdateItem", with("Expected", json!({})), "unknown field `Expected`"),
        ("UpdateItem", with("ReturnConsumedCapacity", json!("TOTAL")), "unknown variant `TOTAL`"),
        ("UpdateItem", with("ReturnValues", json!("SOME")), "unknown variant `SOME`"),
        ("UpdateItem", with("TableName", json!("other")), "Table: other not found"),
        (
            "UpdateItem",
            with("UpdateExpression", json!("ADD movieId :added")),
            "Cannot update attribute movieId",
        ),
        ("UpdateItem", with("UpdateExpression", json!("DELETE likes :added")), "does not support DELETE"),
        ("UpdateItem", with("ExpressionAttributeNames", names), "unused in expressions: keys: {#x}"),
        ("UpdateItem", with("Key", json!({ "id": { "S": "m" } })), "does not match the schema"),
        ("UpdateItem", with("Key", json!({ "movieId": { "N": "1" } })), "Type mismatch for key movieId"),
        ("UpdateItem", with("Item", json!({})), "a member of Update is missing or out of place"),
        ("PutItem", json!({ "TableName": "counts", "Item": {} }), "Missing the key movieId"),
        (
            "PutItem",
            json!({ "TableName": "counts", "Item": { "movieId": { "B": "eA==" } } }),
            "unknown variant `B`",
        ),
        ("TransactWriteItems", twice, "cannot include multiple operations on one item"),
        ("TransactWriteItems", too_many, "101 actions"),
        ("TransactWriteItems", returning, "does not support ReturnValues in Update"),
        ("TransactWriteItems", transaction(&[json!({ "Get": {} })]), "unknown variant `Get`"),
    ] {
        let (_, message) = error(call(&dynamodb, operation, request).await);
        assert!(message.contains(why), "{operation}: {message}");
    }
    assert_eq!(usage(&dynamodb), Usage::default());
}
