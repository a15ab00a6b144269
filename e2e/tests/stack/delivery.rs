//! The local stack's Firehose starts at `LATEST` and then misses nothing. The tests run a process of their own, which
//! writes under a prefix of its own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use archive::{Archive, Object};
use aws_sdk_kinesis::primitives::Blob;
use e2e::{Stack, eventually, new_key, new_movie};
use like::{LikeEvent, LikeId};
use tempfile::TempDir;

/// A delivery stream of the local stack.
struct DeliveryStream {
    stack: Stack,
    stream_arn: String,
    prefix: String,
    folder: TempDir,
}

/// Its process, killed with SIGKILL when dropped.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl DeliveryStream {
    /// A new one; `None` on AWS.
    async fn new() -> Option<Self> {
        let stack = Stack::find().await;
        stack.outputs.endpoint_url.as_ref()?;
        let stream = stack.kinesis.describe_stream_summary().stream_name(&stack.outputs.stream_name);
        let stream_arn = stream.send().await.unwrap().stream_description_summary.unwrap().stream_arn;
        let prefix = format!("{}/", new_movie());
        Some(Self { stack, stream_arn, prefix, folder: tempfile::tempdir().unwrap() })
    }

    /// Starts the process and waits until it is ready.
    fn start(&self) -> Process {
        let outputs = &self.stack.outputs;
        // The local stack runs the same program.
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug/delivery-stream");
        let mut command = Command::new(program);
        command.args(["--name", "probe", "--stream", &self.stream_arn, "--bucket", &outputs.archive_bucket]);
        command.args(["--prefix", &self.prefix, "--interval-seconds", "1", "--checkpoints"]);
        command.arg(self.folder.path().join("checkpoints.json"));
        for (variable, value) in [
            ("AWS_ENDPOINT_URL", outputs.endpoint_url.as_ref()),
            ("AWS_REGION", Some(&outputs.region)),
            ("AWS_ACCESS_KEY_ID", outputs.access_key_id.as_ref()),
            ("AWS_SECRET_ACCESS_KEY", outputs.secret_access_key.as_ref()),
        ] {
            command.env(variable, value.unwrap());
        }
        let mut process = Process(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut log = BufReader::new(process.0.stdout.as_mut().unwrap()).lines().map(Result::unwrap);
        assert!(log.any(|line| line.contains(" ready ")), "it ended before it was ready");
        process
    }

    /// Puts a like on the stream.
    async fn put(&self) -> LikeId {
        let id = new_key();
        let event = LikeEvent::new(id, new_movie().parse().unwrap(), None).encode().unwrap();
        let put = self.stack.kinesis.put_record().stream_arn(&self.stream_arn).partition_key(id.to_string());
        put.data(Blob::new(event)).send().await.unwrap();
        id
    }

    /// The likes that it has written.
    async fn written(&self) -> Vec<LikeId> {
        let (s3, bucket) = (&self.stack.s3, &self.stack.outputs.archive_bucket);
        let listed = s3.list_objects_v2().bucket(bucket).prefix(&self.prefix).send().await.unwrap();
        let archive = Archive::new(s3.clone(), bucket.clone());
        let mut text = Vec::new();
        for key in listed.contents.unwrap_or_default().into_iter().filter_map(|object| object.key) {
            text.extend(archive.read(&Object { key, bytes: 0, written: 0 }).await.unwrap());
        }
        LikeEvent::decode_lines(&text).flatten().map(|like| like.like_id).collect()
    }
}

#[tokio::test]
async fn it_skips_what_arrives_before_it_is_ready_and_nothing_afterwards_even_if_it_is_killed_at_once() {
    let Some(delivery) = DeliveryStream::new().await else { return };
    let before = delivery.put().await;
    drop(delivery.start());
    let after = delivery.put().await;
    let _process = delivery.start();
    let written = eventually(async || delivery.written().await, |written| written.contains(&after)).await;
    assert!(!written.contains(&before), "it does not start at LATEST");
}
