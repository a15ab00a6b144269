//! Kinesis: puts records on a stream, which does not keep them.
//!
//! - A record goes to the shard whose range has the MD5 hash of its partition key, or its explicit hash key:
//!   <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html>.
//! - A shard takes 1,000 records and 1 MB a second:
//!   <https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html>.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;

use super::{
    bucket::Bucket,
    failure::{Failure, read, write},
};

/// What a shard takes a second.
const RECORDS_PER_SECOND: f64 = 1000.0;
const BYTES_PER_SECOND: f64 = 1024.0 * 1024.0;
/// The maximum size of a record: its data and its partition key.
const MAX_RECORD_BYTES: usize = 1024 * 1024;
/// The maximum number of records in a request.
const MAX_RECORDS: usize = 500;

/// A stream.
#[derive(Debug)]
pub(super) struct Kinesis {
    stream: &'static str,
    latency: Duration,
    shards: Mutex<Vec<Shard>>,
}

#[derive(Debug)]
struct Shard {
    records: u64,
    records_left: Bucket,
    bytes_left: Bucket,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutRecord {
    stream_name: String,
    data: String,
    partition_key: String,
    explicit_hash_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct PutRecords {
    stream_name: String,
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Record {
    data: String,
    partition_key: String,
    explicit_hash_key: Option<String>,
}

/// Where a record is in the stream.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    shard_id: String,
    sequence_number: String,
}

impl Kinesis {
    pub(super) fn new(stream: &'static str, shards: usize, latency: Duration) -> Self {
        let shards = (0..shards.max(1)).map(|_| Shard::new()).collect();
        Self { stream, latency, shards: Mutex::new(shards) }
    }

    /// Forgets all records.
    pub(super) fn clear(&self) {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner).fill_with(Shard::new);
    }

    pub(super) async fn call(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        sleep(self.latency).await;
        match operation {
            "PutRecord" => self.put_record(read(body)?),
            "PutRecords" => self.put_records(&read(body)?),
            _ => Err(Failure::unknown_operation(&format!("Kinesis_20131202.{operation}"))),
        }
    }

    fn put_record(&self, request: PutRecord) -> Result<Vec<u8>, Failure> {
        self.check_stream(&request.stream_name)?;
        let PutRecord { data, partition_key, explicit_hash_key, .. } = request;
        let record = Record { data, partition_key, explicit_hash_key };
        let (hash, bytes) = record.check()?;
        match self.put(hash, bytes) {
            Ok(put) => write(&put),
            Err(message) => Err(Failure::new("ProvisionedThroughputExceededException", message)),
        }
    }

    fn put_records(&self, request: &PutRecords) -> Result<Vec<u8>, Failure> {
        self.check_stream(&request.stream_name)?;
        if !(1..=MAX_RECORDS).contains(&request.records.len()) {
            let number = request.records.len();
            return Err(Failure::new(
                "ValidationException",
                format!("{number} records, not 1 to {MAX_RECORDS}"),
            ));
        }
        let checked = request.records.iter().map(Record::check).collect::<Result<Vec<_>, _>>()?;
        let mut failed = 0;
        let mut results = Vec::with_capacity(checked.len());
        for (hash, bytes) in checked {
            results.push(match self.put(hash, bytes) {
                Ok(put) => json!(put),
                Err(message) => {
                    failed += 1;
                    json!({ "ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": message })
                }
            });
        }
        write(&json!({ "FailedRecordCount": failed, "Records": results }))
    }

    fn check_stream(&self, name: &str) -> Result<(), Failure> {
        if name == self.stream {
            return Ok(());
        }
        let message = format!("Stream {name} under account 123456789012 not found.");
        Err(Failure::new("ResourceNotFoundException", message))
    }

    /// Puts a record on the shard that has this hash, or returns the message of the error if the shard is at a limit.
    fn put(&self, hash: u128, bytes: usize) -> Result<Put, String> {
        let mut shards = self.shards.lock().unwrap_or_else(PoisonError::into_inner);
        let index = shard_of(hash, shards.len());
        let Some(shard) = shards.get_mut(index) else { return Err(format!("no shard {index}")) };
        let shard_id = format!("shardId-{index:012}");
        if !shard.take(bytes) {
            let stream = self.stream;
            return Err(format!(
                "Rate exceeded for shard {shard_id} in stream {stream} under account 123456789012."
            ));
        }
        shard.records += 1;
        // 56 digits, as Kinesis's are, and in order in each shard.
        let sequence_number = format!("496{index:05}{:048}", shard.records);
        Ok(Put { shard_id, sequence_number })
    }
}

impl Shard {
    fn new() -> Self {
        let (records_left, bytes_left) = (Bucket::new(RECORDS_PER_SECOND), Bucket::new(BYTES_PER_SECOND));
        Self { records: 0, records_left, bytes_left }
    }

    #[expect(clippy::cast_precision_loss, reason = "at most 1 MiB")]
    fn take(&mut self, bytes: usize) -> bool {
        if !self.records_left.take(1.0) {
            return false;
        }
        let is_enough = self.bytes_left.take(bytes as f64);
        if !is_enough {
            self.records_left.put_back(1.0);
        }
        is_enough
    }
}

impl Record {
    /// The record's hash and size.
    fn check(&self) -> Result<(u128, usize), Failure> {
        let invalid = |message: String| Failure::new("ValidationException", message);
        if !(1..=256).contains(&self.partition_key.chars().count()) {
            return Err(invalid("the partition key must have 1 to 256 characters".to_owned()));
        }
        let data = BASE64_STANDARD.decode(&self.data).map_err(|error| {
            Failure::new("SerializationException", format!("the data is not base64: {error}"))
        })?;
        let bytes = data.len() + self.partition_key.len();
        if bytes > MAX_RECORD_BYTES {
            return Err(invalid(format!("the record has {bytes} bytes, more than {MAX_RECORD_BYTES}")));
        }
        let hash = match &self.explicit_hash_key {
            None => md5(self.partition_key.as_bytes()),
            Some(key) => key.parse().map_err(|_| {
                Failure::new("InvalidArgumentException", format!("Invalid ExplicitHashKey {key}."))
            })?,
        };
        Ok((hash, bytes))
    }
}

/// The MD5 hash as a number, which is how Kinesis compares it.
pub(super) fn md5(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(Md5::digest(bytes).into())
}

/// The index of the shard of a partition key.
///
/// See <https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#partition-key>.
pub(crate) fn shard_of_key(key: &str, shards: usize) -> usize {
    shard_of(md5(key.as_bytes()), shards)
}

/// The index of the shard whose range has this hash. The ranges are of equal size.
fn shard_of(hash: u128, shards: usize) -> usize {
    let range = (u128::MAX / shards as u128).saturating_add(1);
    // With one shard, the division above rounds down to the last hash.
    usize::try_from(hash / range).unwrap_or_default().min(shards - 1)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    async fn call(kinesis: &Kinesis, operation: &str, request: Value) -> Result<Value, Failure> {
        let body = kinesis.call(operation, request.to_string().as_bytes()).await?;
        Ok(serde_json::from_slice(&body).unwrap())
    }

    fn record(key: &str, bytes: usize) -> Value {
        json!({ "Data": BASE64_STANDARD.encode(vec![b'x'; bytes]), "PartitionKey": key })
    }

    #[test]
    fn a_keys_shard_is_that_of_its_md5_hash() {
        // MD5 of "a" begins with 0cc1, of "b" with 92eb, of "d" with 8277, of "c" with 4a8a.
        assert_eq!(["a", "b", "d", "c"].map(|key| shard_of_key(key, 4)), [0, 2, 2, 1]);
    }

    #[test]
    fn a_shard_has_a_range_of_hashes() {
        assert_eq!([0, u128::MAX].map(|hash| shard_of(hash, 1)), [0, 0]);
        let half = 1 << 127;
        assert_eq!([half - 1, half, u128::MAX].map(|hash| shard_of(hash, 2)), [0, 1, 1]);
        assert_eq!(
            [0, u128::MAX / 3, u128::MAX / 3 + 1, u128::MAX].map(|hash| shard_of(hash, 3)),
            [0, 0, 1, 2]
        );
        assert_eq!(format!("{:032x}", md5(b"tt0111161")), "1fc1dbb37f47a56faad83b10c4b47455");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_takes_1000_records_a_second() {
        let kinesis = Kinesis::new("likes", 2, Duration::ZERO);
        let records: Vec<_> = (0..500).map(|_| record("a", 1)).collect();
        let request = json!({ "StreamName": "likes", "Records": records });
        for failed in [0, 0, 500] {
            assert_eq!(
                call(&kinesis, "PutRecords", request.clone()).await.unwrap()["FailedRecordCount"],
                failed
            );
        }
        let mut one = record("a", 1);
        one["StreamName"] = json!("likes");
        let failure = call(&kinesis, "PutRecord", one.clone()).await.unwrap_err();
        assert_eq!(failure.shape, "ProvisionedThroughputExceededException");
        // The other shard has its own limit.
        one["ExplicitHashKey"] = json!("340282366920938463463374607431768211455");
        assert_eq!(call(&kinesis, "PutRecord", one).await.unwrap()["ShardId"], "shardId-000000000001");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_takes_a_mebibyte_a_second() {
        let kinesis = Kinesis::new("likes", 1, Duration::ZERO);
        let request =
            json!({ "StreamName": "likes", "Records": [record("a", 600_000), record("a", 600_000)] });
        let response = call(&kinesis, "PutRecords", request).await.unwrap();
        assert_eq!(response["FailedRecordCount"], 1);
        assert_eq!(response["Records"][0]["ShardId"], "shardId-000000000000");
        assert_eq!(response["Records"][1]["ErrorCode"], "ProvisionedThroughputExceededException");
    }
}
