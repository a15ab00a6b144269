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
use tokio::io::{AsyncBufRead, AsyncBufReadExt, BufReader};

use crate::progress;

/// Where Firehose puts likes, as the Pulumi program tells it; what it could not deliver is elsewhere.
const PREFIX: &str = "likes/";
/// The first bytes of what is compressed with gzip: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// An object of the archive.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub key: String,
    pub bytes: u64,
    /// When it was written, in seconds since 1970.
    pub written: i64,
}

/// A line of the archive.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// The like in it, if there is one.
    pub like: Option<LikeEvent>,
    /// When its object was written, in seconds since 1970.
    pub written: i64,
}

/// The archive cannot be read.
#[derive(Debug, Error)]
pub(crate) enum ArchiveError {
    #[error("the archive cannot be listed")]
    List(#[from] Box<SdkError<ListObjectsV2Error>>),
    #[error("the object {0} cannot be read")]
    Get(String, #[source] Box<SdkError<GetObjectError>>),
    #[error("the object {0} breaks off")]
    Read(String, #[source] io::Error),
}

/// A bucket and the client to reach it.
#[derive(Debug, Clone)]
pub(crate) struct Archive {
    client: Client,
    bucket: String,
}

impl Archive {
    pub(crate) fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// All objects that hold likes.
    pub(crate) async fn objects(&self) -> Result<Vec<Object>, ArchiveError> {
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

    /// The lines of these objects in no order, from so many objects at once; none is in memory as a whole.
    pub(crate) fn lines(
        &self,
        objects: Vec<Object>,
        parallel: usize,
    ) -> impl Stream<Item = Result<Line, ArchiveError>> {
        let bytes = objects.iter().map(|object| object.bytes).sum();
        let progress = progress::bar(bytes, "{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        stream::iter(objects)
            .map(move |object| {
                progress.inc(object.bytes);
                self.lines_of(object).boxed()
            })
            .flatten_unordered(parallel)
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

    /// The text of an object, whether it is compressed or not.
    async fn open(&self, key: String) -> Result<Box<dyn AsyncBufRead + Send + Unpin>, ArchiveError> {
        let got = self.client.get_object().bucket(&self.bucket).key(&key).send().await;
        let body = got.map_err(|error| ArchiveError::Get(key.clone(), Box::new(error)))?.body;
        let mut body = BufReader::new(body.into_async_read());
        // Firehose compresses on AWS, and the emulator does not.
        let start = body.fill_buf().await.map_err(|error| ArchiveError::Read(key, error))?;
        if !start.starts_with(&GZIP_MAGIC) {
            return Ok(Box::new(body));
        }
        let mut decoder = GzipDecoder::new(body);
        // Firehose may join several compressed pieces.
        decoder.multiple_members(true);
        Ok(Box::new(BufReader::new(decoder)))
    }
}

/// Each line of a text as a like or as none; blank lines are neither.
fn likes_in(text: impl AsyncBufRead + Unpin) -> impl Stream<Item = io::Result<Option<LikeEvent>>> {
    stream::try_unfold((text, Vec::new()), async |(mut text, mut read)| {
        read.clear();
        if text.read_until(b'\n', &mut read).await? == 0 {
            return Ok::<_, io::Error>(None);
        }
        let likes: Vec<io::Result<_>> = LikeEvent::decode_lines(&read).map(|line| Ok(line.ok())).collect();
        Ok(Some((stream::iter(likes), (text, read))))
    })
    .try_flatten()
}

#[cfg(test)]
mod tests {
    use async_compression::tokio::write::GzipEncoder;
    use jiff::Timestamp;
    use like::LikeId;
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn like(movie: &str) -> LikeEvent {
        LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), movie.parse().unwrap(), None)
    }

    fn lines(likes: &[LikeEvent]) -> Vec<u8> {
        likes.iter().flat_map(|like| like.encode().unwrap()).collect()
    }

    async fn read(bytes: &[u8]) -> Vec<Option<LikeEvent>> {
        likes_in(bytes).try_collect().await.unwrap()
    }

    /// Records as Firehose joins them: with a newline after each.
    fn joined(records: &[Vec<u8>]) -> Vec<u8> {
        records.iter().flat_map(|record| [record, &b"\n"[..]].concat()).collect()
    }

    #[tokio::test]
    async fn every_line_is_a_like_or_none_and_blank_lines_are_neither() {
        let (a, b) = (like("a"), like("b"));
        let object = joined(&[a.encode().unwrap(), b"\xff garbage".to_vec(), b.encode().unwrap()]);
        assert_eq!(read(&object).await, [Some(a), None, Some(b)]);
    }

    #[tokio::test]
    async fn what_has_no_newline_spoils_nothing_behind_it() {
        let (a, b) = (like("a"), like("b"));
        let without_newline = a.encode().unwrap().trim_ascii_end().to_vec();
        let object = joined(&[b"\xff{\"version\":99}".to_vec(), without_newline, b.encode().unwrap()]);
        assert_eq!(read(&object).await, [None, Some(a), Some(b)]);
    }

    /// What somebody may put on the stream.
    fn record() -> impl Strategy<Value = Vec<u8>> {
        let event = || {
            let encoded = like("m").encode().unwrap();
            prop_oneof![Just(encoded.clone()), Just(encoded.trim_ascii_end().to_vec())]
        };
        prop_oneof![
            4 => event(),
            1 => (event(), event()).prop_map(|(one, other)| [one, other].concat()),
            1 => event().prop_map(|event| [b"junk\n", &event[..]].concat()),
            1 => event().prop_map(|event| [b"junk", &event[..]].concat()),
            1 => event().prop_map(|event| ["\u{feff}".as_bytes(), &event].concat()),
            1 => event().prop_map(|event| [&event[..], b"\r", &event].concat()),
            1 => event().prop_map(|event| event.split(|byte| *byte == b',').collect::<Vec<_>>().join(&b",\n"[..])),
            2 => proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..20),
        ]
    }

    proptest! {
        #[test]
        fn an_object_holds_the_likes_that_update_count_finds_in_its_records(
            records in proptest::collection::vec(record(), 0..20),
        ) {
            let in_records: Vec<_> =
                records.iter().flat_map(|record| LikeEvent::decode_lines(record)).map(Result::ok).collect();
            let object = joined(&records);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            prop_assert_eq!(runtime.block_on(read(&object)), in_records);
        }
    }

    #[tokio::test]
    async fn joined_pieces_of_gzip_are_read_to_the_end() {
        let likes = [like("a"), like("b")];
        let mut joined = Vec::new();
        for like in &likes {
            let mut encoder = GzipEncoder::new(Vec::new());
            encoder.write_all(&lines(std::slice::from_ref(like))).await.unwrap();
            encoder.shutdown().await.unwrap();
            joined.extend(encoder.into_inner());
        }
        assert!(joined.starts_with(&GZIP_MAGIC));
        let mut decoder = GzipDecoder::new(joined.as_slice());
        decoder.multiple_members(true);
        let found: Vec<_> = likes_in(BufReader::new(decoder)).try_collect().await.unwrap();
        assert_eq!(found, likes.map(Some));
    }
}
