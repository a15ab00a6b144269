//! A record that can never be counted is quarantined and does not hold up the likes behind it.

use aws_sdk_kinesis::{operation::put_record::PutRecordOutput, primitives::Blob};
use base64::{Engine, engine::general_purpose::STANDARD};
use e2e::{Stack, eventually, new_key, new_movie, stays};
use like::LikeEvent;
use serde_json::Value;

/// Not an event. The newline keeps it apart from other lines in the archive.
const MALFORMED: &[u8] = b"\xff\x00 not a like\n";

/// Puts a record on the stream.
async fn put(stack: &Stack, partition_key: &str, data: &[u8]) -> PutRecordOutput {
    let stream = &stack.outputs.stream_name;
    let record =
        stack.kinesis.put_record().stream_name(stream).partition_key(partition_key).data(Blob::new(data));
    record.send().await.unwrap()
}

/// Takes the message about a record from the queue, if it has arrived.
async fn message_about(stack: &Stack, record: &PutRecordOutput) -> Option<Value> {
    let queue = &stack.outputs.quarantine_queue_url;
    let received = stack
        .sqs
        .receive_message()
        .queue_url(queue)
        .max_number_of_messages(10)
        .wait_time_seconds(1)
        // Other messages become visible again soon.
        .visibility_timeout(2)
        .send()
        .await
        .unwrap();
    for message in received.messages.unwrap_or_default() {
        let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
        if body["sequenceNumber"] == record.sequence_number() {
            let handle = message.receipt_handle().unwrap();
            stack.sqs.delete_message().queue_url(queue).receipt_handle(handle).send().await.unwrap();
            return Some(body);
        }
    }
    None
}

#[tokio::test]
async fn malformed_records_are_quarantined_and_the_likes_behind_them_are_counted() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let like = LikeEvent::new(new_key(), movie.parse().unwrap(), None);
    let unknown = format!("{{\"version\":99,\"movieId\":\"{movie}\"}}\n");

    let malformed = put(&stack, &movie, MALFORMED).await;
    let newer = put(&stack, &movie, unknown.as_bytes()).await;
    let behind = put(&stack, &movie, &like.encode().unwrap()).await;
    assert_eq!(malformed.shard_id(), behind.shard_id());

    stays(async || stack.api.count(&movie).await, 1).await;
    for (record, data, reason) in
        [(&malformed, MALFORMED, "not an event"), (&newer, unknown.as_bytes(), "unknown version 99")]
    {
        let message =
            eventually(async || message_about(&stack, record).await, Option::is_some).await.unwrap();
        assert!(message["reason"].as_str().unwrap().starts_with(reason), "{message}");
        assert_eq!(message["shardId"], record.shard_id());
        assert_eq!(message["data"], STANDARD.encode(data));
    }
}

#[tokio::test]
async fn a_huge_record_with_a_strange_partition_key_is_quarantined() {
    let stack = Stack::find().await;
    let movie = new_movie();
    let like = LikeEvent::new(new_key(), movie.parse().unwrap(), None);
    // The reason quotes the version.
    let huge = format!("{{\"version\":\"{}\"}}\n", "\u{200b}".repeat(110_000)).into_bytes();
    let key = format!("{movie}\u{ffff}\u{fffe}\0");

    let huge_record = put(&stack, &key, &huge).await;
    let behind = put(&stack, &key, &like.encode().unwrap()).await;
    assert_eq!(huge_record.shard_id(), behind.shard_id());

    stays(async || stack.api.count(&movie).await, 1).await;
    let message =
        eventually(async || message_about(&stack, &huge_record).await, Option::is_some).await.unwrap();
    assert_eq!(message["partitionKey"], key);
    assert_eq!(message["length"], huge.len());
    let kept = STANDARD.decode(message["data"].as_str().unwrap()).unwrap();
    assert!(huge.starts_with(&kept) && kept.len() >= 100_000, "{}", kept.len());
}
