//! The versions of the archive's objects, and replacing them: what a person has the right to have erased must be gone from
//! all of them.
//!
//! The bucket is [versioned][versioning]: overwriting or deleting an object keeps its data, until the version is deleted by
//! its id.
//!
//! [versioning]: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html

use std::collections::HashMap;

use async_compression::tokio::{bufread::GzipDecoder, write::GzipEncoder};
use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    primitives::{ByteStream, DateTime},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Archive, ArchiveError, GZIP_MAGIC, PREFIX};

/// The metadata of a replaced object: when its lines were written, in seconds since 1970. S3 knows only when it was
/// replaced.
const WRITTEN: &str = "written";

/// A version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The object's key in the bucket.
    pub key: String,
    /// The version's id.
    pub id: String,
    /// Its size in bytes, compressed.
    pub bytes: u64,
    /// Whether readers of the object get this version.
    pub is_current: bool,
}

/// What a version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Its lines, decompressed.
    pub lines: Vec<u8>,
    /// When they were written, in seconds since 1970.
    pub written: i64,
    is_compressed: bool,
    tag: String,
    metadata: HashMap<String, String>,
    content_type: Option<String>,
    content_encoding: Option<String>,
}

impl Archive {
    /// Lists all versions of all objects that hold likes.
    ///
    /// # Errors
    /// [`ArchiveError::Versions`] if S3 does not list them.
    pub async fn versions(&self) -> Result<Vec<Version>, ArchiveError> {
        let mut versions = Vec::new();
        let (mut key, mut id) = (None, None);
        loop {
            let request = self.client.list_object_versions().bucket(&self.bucket).prefix(PREFIX);
            let page = request.set_key_marker(key).set_version_id_marker(id).send().await;
            let page = page.map_err(Box::new)?;
            versions.extend(page.versions.unwrap_or_default().into_iter().filter_map(|version| {
                Some(Version {
                    key: version.key?,
                    id: version.version_id?,
                    bytes: u64::try_from(version.size.unwrap_or_default()).unwrap_or_default(),
                    is_current: version.is_latest.unwrap_or_default(),
                })
            }));
            (key, id) = (page.next_key_marker, page.next_version_id_marker);
            if !page.is_truncated.unwrap_or_default() || key.is_none() {
                return Ok(versions);
            }
        }
    }

    /// Reads a version as a whole, into memory; nothing if it does not exist any more.
    ///
    /// # Errors
    /// [`ArchiveError`] if it cannot be read to its end.
    pub async fn read_version(&self, version: &Version) -> Result<Option<Contents>, ArchiveError> {
        let Version { key, id, .. } = version;
        let got = self.client.get_object().bucket(&self.bucket).key(key).version_id(id).send().await;
        let got = match got {
            Ok(got) => got,
            Err(error) if is_gone(&error) => return Ok(None),
            Err(error) => return Err(ArchiveError::Get(key.clone(), Box::new(error))),
        };
        let metadata = got.metadata.unwrap_or_default();
        let noted = metadata.get(WRITTEN).and_then(|written| written.parse().ok());
        let modified = got.last_modified.as_ref().map(DateTime::secs);
        let body = got.body.collect().await;
        let body = body.map_err(|error| ArchiveError::Read(key.clone(), error.into()))?.to_vec();
        let is_compressed = body.starts_with(&GZIP_MAGIC);
        let mut lines = Vec::new();
        if is_compressed {
            let mut decoder = GzipDecoder::new(body.as_slice());
            // Firehose may concatenate several gzip files.
            decoder.multiple_members(true);
            let read = decoder.read_to_end(&mut lines).await;
            read.map_err(|error| ArchiveError::Read(key.clone(), error))?;
        } else {
            lines = body;
        }
        Ok(Some(Contents {
            lines,
            written: noted.or(modified).unwrap_or_default(),
            is_compressed,
            tag: got.e_tag.unwrap_or_default(),
            metadata,
            content_type: got.content_type,
            content_encoding: got.content_encoding,
        }))
    }

    /// Replaces a current version by one with other lines and deletes it. Readers of the object get the old lines or the new
    /// ones. If the object was replaced or deleted since these contents were read, it is left alone; returns whether it was
    /// replaced. If this is interrupted, the object may be replaced while the version remains, as a noncurrent one.
    ///
    /// The write is [conditional on the tag](https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
    ///
    /// # Errors
    /// [`ArchiveError`] if S3 does not take the new version, or does not delete the old one.
    pub async fn replace(
        &self,
        version: &Version,
        contents: Contents,
        lines: Vec<u8>,
    ) -> Result<bool, ArchiveError> {
        let Version { key, id, .. } = version;
        let body = if contents.is_compressed {
            compress(&lines).await.map_err(|error| ArchiveError::Encode(key.clone(), error))?
        } else {
            lines
        };
        let mut metadata = contents.metadata;
        metadata.insert(WRITTEN.to_owned(), contents.written.to_string());
        let put = self.client.put_object().bucket(&self.bucket).key(key).if_match(contents.tag);
        let put = put.set_content_type(contents.content_type).set_content_encoding(contents.content_encoding);
        let put = put.set_metadata(Some(metadata)).body(ByteStream::from(body)).send().await;
        let new = match put {
            Ok(put) => put.version_id,
            Err(error) if has_changed(&error) => return Ok(false),
            Err(error) => return Err(ArchiveError::Put(key.clone(), Box::new(error))),
        };
        // Without versioning, the new object has taken the old one's place, and its id.
        if new.is_some_and(|new| new != *id) {
            self.delete_version(version).await?;
        }
        Ok(true)
    }

    /// Deletes a version for good.
    ///
    /// # Errors
    /// [`ArchiveError::Delete`] if S3 does not delete it.
    pub async fn delete_version(&self, Version { key, id, .. }: &Version) -> Result<(), ArchiveError> {
        let deleted = self.client.delete_object().bucket(&self.bucket).key(key).version_id(id).send().await;
        deleted.map(drop).map_err(|error| ArchiveError::Delete(key.clone(), Box::new(error)))
    }
}

fn is_gone<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(error.code(), Some("NoSuchKey" | "NoSuchVersion"))
}

/// Whether a conditional write failed because of its condition.
fn has_changed<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    matches!(error.code(), Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey"))
}

async fn compress(lines: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(lines).await?;
    encoder.shutdown().await?;
    Ok(encoder.into_inner())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::{
        Client,
        operation::{
            delete_object::DeleteObjectOutput,
            get_object::{GetObjectError, GetObjectOutput},
            list_object_versions::ListObjectVersionsOutput,
            put_object::{PutObjectError, PutObjectOutput},
        },
        types::{ObjectVersion, error::NoSuchKey},
    };
    use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};

    use super::*;

    fn archive(rules: &[&Rule]) -> Archive {
        Archive::new(mock_client!(aws_sdk_s3, RuleMode::MatchAny, rules), "archive".into())
    }

    fn version() -> Version {
        Version { key: "likes/a.gz".into(), id: "1".into(), bytes: 9, is_current: true }
    }

    /// S3 has the version, with this metadata.
    fn get(body: Vec<u8>, written: Option<&'static str>) -> Rule {
        mock!(Client::get_object)
            .match_requests(|input| input.key() == Some("likes/a.gz") && input.version_id() == Some("1"))
            .then_output(move || {
                GetObjectOutput::builder()
                    .body(ByteStream::from(body.clone()))
                    .e_tag("\"tag\"")
                    .content_type("application/octet-stream")
                    .last_modified(DateTime::from_secs(1000))
                    .set_metadata(written.map(|written| HashMap::from([(WRITTEN.into(), written.into())])))
                    .build()
            })
    }

    fn delete() -> Rule {
        mock!(Client::delete_object)
            .match_requests(|input| input.key() == Some("likes/a.gz") && input.version_id() == Some("1"))
            .then_output(|| DeleteObjectOutput::builder().build())
    }

    #[tokio::test]
    async fn versions_of_every_page_are_listed() {
        let object = |key: &str, id: &str, latest| {
            ObjectVersion::builder().key(key).version_id(id).size(9).is_latest(latest).build()
        };
        let (first, second) = (object("likes/a.gz", "1", true), object("likes/a.gz", "0", false));
        let pages = [
            mock!(Client::list_object_versions)
                .match_requests(|input| input.key_marker().is_none() && input.prefix() == Some(PREFIX))
                .then_output(move || {
                    let page = ListObjectVersionsOutput::builder().versions(first.clone()).is_truncated(true);
                    page.next_key_marker("likes/a.gz").next_version_id_marker("1").build()
                }),
            mock!(Client::list_object_versions)
                .match_requests(|input| {
                    (input.key_marker(), input.version_id_marker()) == (Some("likes/a.gz"), Some("1"))
                })
                .then_output(move || ListObjectVersionsOutput::builder().versions(second.clone()).build()),
        ];
        let versions = archive(&pages.each_ref()).versions().await.unwrap();
        let old = Version { id: "0".into(), is_current: false, ..version() };
        assert_eq!(versions, [version(), old]);
    }

    #[tokio::test]
    async fn a_replaced_object_is_compressed_if_it_was_and_knows_when_its_lines_were_written() {
        for (written, expected) in [(None, "1000"), (Some("7"), "7")] {
            for body in [b"a\nb\n".to_vec(), compress(b"a\nb\n").await.unwrap()] {
                let new = if body.starts_with(&GZIP_MAGIC) {
                    compress(b"b\n").await.unwrap()
                } else {
                    b"b\n".to_vec()
                };
                let put = mock!(Client::put_object)
                    .match_requests(move |input| {
                        input.body().bytes() == Some(new.as_slice())
                            && input.if_match() == Some("\"tag\"")
                            && input.content_type() == Some("application/octet-stream")
                            && input.metadata().is_some_and(|metadata| metadata[WRITTEN] == expected)
                    })
                    .then_output(|| PutObjectOutput::builder().version_id("2").build());
                let (get, delete) = (get(body, written), delete());
                let archive = archive(&[&get, &put, &delete]);
                let contents = archive.read_version(&version()).await.unwrap().unwrap();
                assert_eq!(
                    (contents.lines.as_slice(), contents.written.to_string().as_str()),
                    (&b"a\nb\n"[..], expected)
                );
                assert!(archive.replace(&version(), contents, b"b\n".to_vec()).await.unwrap());
                assert_eq!((put.num_calls(), delete.num_calls()), (1, 1));
            }
        }
    }

    /// What comes of replacing an object, and how many versions are deleted.
    async fn replaced(put: &Rule) -> (bool, usize) {
        let (get, delete) = (get(b"a\n".to_vec(), None), delete());
        let archive = archive(&[&get, put, &delete]);
        let contents = archive.read_version(&version()).await.unwrap().unwrap();
        (archive.replace(&version(), contents, Vec::new()).await.unwrap(), delete.num_calls())
    }

    #[tokio::test]
    async fn an_object_that_was_replaced_in_the_meantime_is_left_alone() {
        for code in ["PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"] {
            let put = mock!(Client::put_object).then_error(move || {
                let metadata = aws_sdk_s3::error::ErrorMetadata::builder().code(code).build();
                PutObjectError::generic(metadata)
            });
            assert_eq!(replaced(&put).await, (false, 0), "{code}");
        }
    }

    #[tokio::test]
    async fn in_a_bucket_that_keeps_no_versions_the_new_object_is_not_deleted() {
        for id in [None, Some("1")] {
            let put = mock!(Client::put_object).then_output(move || {
                PutObjectOutput::builder().set_version_id(id.map(str::to_owned)).build()
            });
            assert_eq!(replaced(&put).await, (true, 0), "{id:?}");
        }
    }

    #[tokio::test]
    async fn a_version_that_is_gone_holds_nothing() {
        let get = mock!(Client::get_object).then_error(|| {
            GetObjectError::NoSuchKey(
                NoSuchKey::builder()
                    .meta(aws_sdk_s3::error::ErrorMetadata::builder().code("NoSuchKey").build())
                    .build(),
            )
        });
        assert_eq!(archive(&[&get]).read_version(&version()).await.unwrap(), None);
    }
}
