//! Reads the archive in S3: JSON lines in the objects that Firehose writes. Writes likes that Firehose did not write, and
//! replaces objects.

mod lines;
mod versions;
mod write;

use std::io;

use async_compression::tokio::bufread::GzipDecoder;
use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::{
        delete_object::DeleteObjectError, get_object::GetObjectError,
        list_object_versions::ListObjectVersionsError, list_objects_v2::ListObjectsV2Error,
        put_object::PutObjectError,
    },
    primitives::DateTime,
};
use futures::{Stream, StreamExt, stream};
use jiff::civil::Date;
use like::LikeEvent;
use lines::Lines;
use thiserror::Error;
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader},
    sync::mpsc,
    task::JoinHandle,
};
pub use versions::{Contents, Version};
pub use write::day;

/// The prefix under which Firehose delivers likes, as the Pulumi program sets it. Failed deliveries have another.
pub const PREFIX: &str = "likes/";
/// The first bytes of a gzip file: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How many batches of an object are decoded ahead of their reader.
const AHEAD: usize = 2;

/// An object of the archive.
#[derive(Debug, Clone)]
pub struct Object {
    /// Its key in the bucket.
    pub key: String,
    /// Its size in bytes, compressed.
    pub bytes: u64,
    /// When it was written, in seconds since 1970.
    pub written: i64,
}

/// A line of the archive that is not blank.
#[derive(Debug, Clone)]
pub struct Line {
    /// The like in it, if there is one.
    pub like: Option<LikeEvent>,
    /// When its object was written, in seconds since 1970.
    pub written: i64,
}

/// The archive cannot be read or written.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// S3 did not list the objects.
    #[error("the archive cannot be listed")]
    List(#[from] Box<SdkError<ListObjectsV2Error>>),
    /// S3 did not list the versions of objects.
    #[error("the versions of the archive's objects cannot be listed")]
    Versions(#[from] Box<SdkError<ListObjectVersionsError>>),
    /// S3 did not return an object.
    #[error("the object {0} cannot be read")]
    Get(String, #[source] Box<SdkError<GetObjectError>>),
    /// The connection broke, or the object starts as a gzip file and is none.
    #[error("the object {0} is truncated or damaged")]
    Read(String, #[source] io::Error),
    /// Likes could not be encoded or compressed.
    #[error("the object {0} cannot be encoded")]
    Encode(String, #[source] io::Error),
    /// S3 did not take an object.
    #[error("the object {0} cannot be written")]
    Put(String, #[source] Box<SdkError<PutObjectError>>),
    /// S3 did not delete a version of an object.
    #[error("a version of the object {0} cannot be deleted")]
    Delete(String, #[source] Box<SdkError<DeleteObjectError>>),
}

/// A bucket and the client to reach it.
#[derive(Debug, Clone)]
pub struct Archive {
    client: Client,
    bucket: String,
}

impl Archive {
    /// The archive in this bucket.
    #[must_use]
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Lists all objects that hold likes.
    ///
    /// # Errors
    /// [`ArchiveError::List`] if S3 does not list them.
    pub async fn objects(&self) -> Result<Vec<Object>, ArchiveError> {
        self.list(PREFIX.to_owned()).await
    }

    /// Lists the objects in the folder of a day. It has those whose oldest record arrived on that day, in UTC.
    ///
    /// See <https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html#timestamp-namespace>.
    ///
    /// # Errors
    /// [`ArchiveError::List`] if S3 does not list them.
    pub async fn objects_of(&self, day: Date) -> Result<Vec<Object>, ArchiveError> {
        self.list(format!("{PREFIX}day={day}/")).await
    }

    async fn list(&self, prefix: String) -> Result<Vec<Object>, ArchiveError> {
        let mut pages =
            self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).into_paginator().send();
        let mut objects = Vec::new();
        while let Some(page) = pages.next().await {
            objects.extend(page.map_err(Box::new)?.contents.unwrap_or_default().into_iter().filter_map(
                |object| {
                    Some(Object {
                        key: object.key?,
                        bytes: u64::try_from(object.size.unwrap_or_default()).unwrap_or_default(),
                        written: object.last_modified.as_ref().map(DateTime::secs)?,
                    })
                },
            ));
        }
        Ok(objects)
    }

    /// Reads the lines of these objects in batches, in no particular order. Up to `parallel` objects are read at once,
    /// each by a task of its own, so that all cores decode. No object is held in memory as a whole. `opening` is called
    /// with each object before it is read.
    pub fn lines(
        &self,
        objects: Vec<Object>,
        parallel: usize,
        mut opening: impl FnMut(&Object),
    ) -> impl Stream<Item = Result<Vec<Line>, ArchiveError>> {
        stream::iter(objects)
            .map(move |object| {
                opening(&object);
                self.lines_of(object).boxed()
            })
            .flatten_unordered(parallel)
    }

    /// Reads a whole object, decompressed.
    ///
    /// # Errors
    /// [`ArchiveError`] if it cannot be read to its end.
    pub async fn read(&self, object: &Object) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        let mut text = self.open(object.key.clone()).await?;
        let read = text.read_to_end(&mut bytes).await;
        read.map_err(|error| ArchiveError::Read(object.key.clone(), error))?;
        Ok(bytes)
    }

    /// Reads an object in a task, which ends early if the stream is dropped.
    fn lines_of(&self, object: Object) -> impl Stream<Item = Result<Vec<Line>, ArchiveError>> + use<> {
        let archive = self.clone();
        let key = object.key.clone();
        stream::once(async move {
            let (batches, receiver) = mpsc::channel(AHEAD);
            let task = tokio::spawn(async move { archive.send_lines(object, batches).await });
            received(receiver, task, key)
        })
        .flatten()
    }

    async fn send_lines(&self, object: Object, batches: mpsc::Sender<Vec<Line>>) -> Result<(), ArchiveError> {
        let Object { key, written, .. } = object;
        let mut lines = Lines::new(self.open(key.clone()).await?);
        while let Some(likes) =
            lines.next_batch().await.map_err(|error| ArchiveError::Read(key.clone(), error))?
        {
            let batch = likes.into_iter().map(|like| Line { like, written }).collect();
            if batches.send(batch).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    async fn open(&self, key: String) -> Result<Box<dyn AsyncBufRead + Send + Unpin>, ArchiveError> {
        let got = self.client.get_object().bucket(&self.bucket).key(&key).send().await;
        let body = got.map_err(|error| ArchiveError::Get(key.clone(), Box::new(error)))?.body;
        let body = BufReader::new(body.into_async_read());
        decompressed(body).await.map_err(|error| ArchiveError::Read(key, error))
    }
}

/// The batches that a task sends, and then its error if it failed.
fn received(
    receiver: mpsc::Receiver<Vec<Line>>,
    task: JoinHandle<Result<(), ArchiveError>>,
    key: String,
) -> impl Stream<Item = Result<Vec<Line>, ArchiveError>> {
    let batches = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    // A task that panicked has not read its object to the end.
    let ended = async move {
        match task.await {
            Ok(result) => result.err(),
            Err(error) => Some(ArchiveError::Read(key, io::Error::other(error))),
        }
    };
    let error = stream::once(ended).filter_map(async |error| error);
    batches.map(Ok).chain(error.map(Err))
}

/// The text of an object, whether it is compressed or not.
async fn decompressed<'a>(
    mut body: impl AsyncBufRead + Send + Unpin + 'a,
) -> io::Result<Box<dyn AsyncBufRead + Send + Unpin + 'a>> {
    // Firehose compresses on AWS; the emulator does not.
    if !body.fill_buf().await?.starts_with(&GZIP_MAGIC) {
        return Ok(Box::new(body));
    }
    let mut decoder = GzipDecoder::new(body);
    // Firehose may concatenate several gzip files.
    decoder.multiple_members(true);
    Ok(Box::new(BufReader::new(decoder)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use async_compression::tokio::write::GzipEncoder;
    use aws_sdk_s3::{operation::get_object::GetObjectOutput, primitives::ByteStream};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use futures::TryStreamExt;
    use serde::Deserialize;
    use tokio::io::AsyncWriteExt;

    use super::*;

    /// A record of `queries/records.json`.
    #[derive(Deserialize)]
    struct Example {
        /// Each character is a byte.
        record: String,
    }

    fn examples() -> Vec<Vec<u8>> {
        let examples = include_str!("../../../queries/records.json");
        let examples: Vec<Example> = serde_json::from_str(examples).unwrap();
        let bytes = |text: String| text.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        examples.into_iter().map(|example| bytes(example.record)).collect()
    }

    /// Records as Firehose joins them in an object.
    fn joined(records: &[Vec<u8>]) -> Vec<u8> {
        records.iter().flat_map(|record| record.iter().chain(b"\n")).copied().collect()
    }

    /// What `UpdateCount` sees in each record.
    fn each(records: &[Vec<u8>]) -> Vec<Option<LikeEvent>> {
        records.iter().flat_map(|record| LikeEvent::decode_lines(record)).map(Result::ok).collect()
    }

    async fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzipEncoder::new(Vec::new());
        encoder.write_all(bytes).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }

    /// What is read from objects with these contents.
    pub(crate) async fn read(objects: Vec<Vec<u8>>) -> Result<Vec<Line>, ArchiveError> {
        let keyed: BTreeMap<_, _> =
            objects.into_iter().zip(0..).map(|(bytes, key)| (format!("likes/{key}"), bytes)).collect();
        let object = |(key, written): (&String, i64)| Object { key: key.clone(), bytes: 0, written };
        let list = keyed.keys().zip(100..).map(object).collect();
        let get = mock!(Client::get_object).then_compute_output(move |input| {
            let body = keyed.get(input.key().unwrap()).unwrap();
            GetObjectOutput::builder().body(ByteStream::from(body.clone())).build()
        });
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&get]);
        let archive = Archive::new(client, "archive".into());
        archive.lines(list, 2, |_| ()).try_concat().await
    }

    #[tokio::test]
    async fn an_object_holds_the_likes_of_its_records_in_their_order() {
        let records = examples();
        let likes = each(&records);
        assert!(likes.iter().flatten().count() > 20, "{likes:?}");
        for object in [joined(&records), compressed(&joined(&records)).await] {
            let archived = read(vec![object]).await.unwrap();
            assert_eq!(archived.into_iter().map(|line| line.like).collect::<Vec<_>>(), likes);
        }
    }

    #[tokio::test]
    async fn concatenated_gzip_files_are_read_to_the_end() {
        let records = examples();
        let mut files = Vec::new();
        for records in records.chunks(40) {
            files.extend(compressed(&joined(records)).await);
        }
        let archived = read(vec![files]).await.unwrap();
        assert_eq!(archived.into_iter().map(|line| line.like).collect::<Vec<_>>(), each(&records));
    }

    #[tokio::test]
    async fn every_object_is_read_and_its_lines_are_as_old_as_it() {
        let records = examples();
        let archived = read(vec![joined(&records); 5]).await.unwrap();
        for written in 100..105 {
            let likes = archived.iter().filter(|line| line.written == written).map(|line| line.like.clone());
            assert_eq!(likes.collect::<Vec<_>>(), each(&records));
        }
    }

    #[tokio::test]
    async fn a_truncated_object_is_an_error_that_names_it() {
        let whole = compressed(&joined(&examples())).await;
        let truncated = whole[..whole.len() / 2].to_vec();
        let error = read(vec![whole, truncated]).await.unwrap_err();
        assert_eq!(error.to_string(), "the object likes/1 is truncated or damaged");
    }
}
