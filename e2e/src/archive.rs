//! The archive: lines of JSON in the objects that Firehose writes.

use std::io::Read;

use aws_sdk_s3::primitives::DateTime;
use flate2::read::MultiGzDecoder;

use crate::Stack;

/// The first bytes of what is compressed with gzip: RFC 1952, section 2.3.1.
const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];

impl Stack {
    /// The lines that were archived since a time, in no order, without those that Firehose leaves blank.
    ///
    /// # Panics
    /// If the archive cannot be read or the last line of an object has no end.
    pub async fn archived_since(&self, time: DateTime) -> Vec<String> {
        let mut lines = Vec::new();
        for bytes in self.objects_since(time).await {
            let bytes = plain(bytes);
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.ends_with('\n'), "the last line has no end: {text:?}");
            lines.extend(text.lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned));
        }
        lines
    }

    /// The objects that were archived since a time, as they are.
    ///
    /// # Panics
    /// If the archive cannot be read.
    pub async fn objects_since(&self, time: DateTime) -> Vec<Vec<u8>> {
        let mut objects = Vec::new();
        for key in self.keys_since(time).await {
            let object = self.s3.get_object().bucket(&self.outputs.archive_bucket).key(key).send().await;
            let body = object.expect("the object is there").body.collect().await;
            objects.push(body.expect("the object is read").to_vec());
        }
        objects
    }

    async fn keys_since(&self, time: DateTime) -> Vec<String> {
        let mut pages = self
            .s3
            .list_objects_v2()
            .bucket(&self.outputs.archive_bucket)
            .prefix("likes/")
            .into_paginator()
            .send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let objects = page.expect("the archive is listed").contents.unwrap_or_default();
            let recent = objects
                .into_iter()
                .filter(|object| object.last_modified.is_some_and(|modified| modified >= time));
            keys.extend(recent.filter_map(|object| object.key));
        }
        keys
    }
}

/// The content of an object, which is compressed on AWS and not on the emulator.
///
/// # Panics
/// If it breaks off.
#[must_use]
pub fn plain(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.starts_with(GZIP_MAGIC) {
        return bytes;
    }
    let mut content = Vec::new();
    MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut content).expect("the object is gzip");
    content
}
