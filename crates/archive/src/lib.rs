//! The archive in S3: likes, line by line, from objects that are read as streams.

use std::io;

use async_compression::tokio::bufread::GzipDecoder;
use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::{get_object::GetObjectError, list_objects_v2::ListObjectsV2Error},
    primitives::DateTime,
};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use like::LikeEvent;
use thiserror::Error;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, BufReader};

/// The prefix under which Firehose delivers likes, as the Pulumi program sets it. What it could not deliver has another.
const PREFIX: &str = "likes/";
/// The first bytes of a gzip file: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

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

/// The archive cannot be read.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// S3 did not list the objects.
    #[error("the archive cannot be listed")]
    List(#[from] Box<SdkError<ListObjectsV2Error>>),
    /// S3 did not return an object.
    #[error("the object {0} cannot be read")]
    Get(String, #[source] Box<SdkError<GetObjectError>>),
    /// The connection broke, or the object is not the gzip file that it starts as.
    #[error("the object {0} is incomplete or damaged")]
    Read(String, #[source] io::Error),
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
        let mut pages =
            self.client.list_objects_v2().bucket(&self.bucket).prefix(PREFIX).into_paginator().send();
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

    /// Reads the lines of these objects in no order, up to `parallel` objects at a time. No object is in memory as a
    /// whole. `opening` is called with each object before it is read.
    pub fn lines(
        &self,
        objects: Vec<Object>,
        parallel: usize,
        mut opening: impl FnMut(&Object),
    ) -> impl Stream<Item = Result<Line, ArchiveError>> {
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

    fn lines_of(&self, object: Object) -> impl Stream<Item = Result<Line, ArchiveError>> {
        let Object { key, written, .. } = object;
        stream::once(self.open(key.clone()))
            .map_ok(move |text| {
                let key = key.clone();
                likes_in(text)
                    .map_ok(move |like| Line { like, written })
                    .map_err(move |error| ArchiveError::Read(key.clone(), error))
            })
            .try_flatten()
    }

    async fn open(&self, key: String) -> Result<Box<dyn AsyncBufRead + Send + Unpin>, ArchiveError> {
        let got = self.client.get_object().bucket(&self.bucket).key(&key).send().await;
        let body = got.map_err(|error| ArchiveError::Get(key.clone(), Box::new(error)))?.body;
        let body = BufReader::new(body.into_async_read());
        decompressed(body).await.map_err(|error| ArchiveError::Read(key, error))
    }
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

/// The likes in a text, one item a line, by [`LikeEvent::decode_lines`]. One line at a time is in memory.
fn likes_in(text: impl AsyncBufRead + Unpin) -> impl Stream<Item = io::Result<Option<LikeEvent>>> {
    stream::try_unfold((text, Vec::new()), async |(mut text, mut lines)| {
        lines.clear();
        // Several lines if carriage returns end them; Firehose ends each record with a newline.
        let read = text.read_until(b'\n', &mut lines).await?;
        let likes: Vec<_> = LikeEvent::decode_lines(&lines).map(|line| io::Result::Ok(line.ok())).collect();
        io::Result::Ok((read > 0).then(|| (stream::iter(likes), (text, lines))))
    })
    .try_flatten()
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::write::GzipEncoder;
    use like::LikeId;
    use proptest::prelude::*;
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

    async fn read(text: impl AsyncBufRead + Unpin) -> Vec<Option<LikeEvent>> {
        likes_in(text).try_collect().await.unwrap()
    }

    async fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzipEncoder::new(Vec::new());
        encoder.write_all(bytes).await.unwrap();
        encoder.shutdown().await.unwrap();
        encoder.into_inner()
    }

    #[tokio::test]
    async fn an_object_holds_the_likes_of_its_records_in_their_order() {
        let records = examples();
        let likes = each(&records);
        assert!(likes.iter().flatten().count() > 20, "{likes:?}");
        assert_eq!(read(joined(&records).as_slice()).await, likes);
    }

    #[tokio::test]
    async fn joined_pieces_of_gzip_are_read_to_the_end() {
        let records = examples();
        let mut pieces = Vec::new();
        for piece in records.chunks(40) {
            pieces.extend(compressed(&joined(piece)).await);
        }
        let text = decompressed(pieces.as_slice()).await.unwrap();
        assert_eq!(read(text).await, each(&records));
    }

    #[tokio::test]
    async fn an_object_without_a_line_holds_nothing() {
        assert_eq!(read(b"".as_slice()).await, []);
        assert_eq!(read(b"\n \r\n\n".as_slice()).await, []);
    }

    fn record() -> impl Strategy<Value = Vec<u8>> {
        let id = LikeId::new(jiff::Timestamp::UNIX_EPOCH);
        let event = LikeEvent::new(id, "m".parse().unwrap(), None).encode().unwrap();
        let bare = event.trim_ascii_end().to_vec();
        let piece = prop_oneof![
            4 => Just(event),
            4 => Just(bare),
            2 => proptest::sample::select(vec!["\n", "\r", "\r\n", " ", "\u{feff}", "{", "}", ",\n", "junk"])
                .prop_map(|text| text.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..9),
        ];
        proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_is_on_the_stream_the_archive_holds_the_likes_that_update_count_sees(
            records in proptest::collection::vec(record(), 0..9),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(read(joined(&records).as_slice()));
            prop_assert_eq!(read, each(&records));
        }
    }
}
