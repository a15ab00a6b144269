//! Writing likes to the archive that Firehose did not write.

use std::io;

use async_compression::tokio::write::GzipEncoder;
use aws_sdk_s3::primitives::ByteStream;
use jiff::{Timestamp, civil::Date, tz::Offset};
use like::LikeEvent;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use crate::{Archive, ArchiveError, PREFIX};

/// The day in whose folder a like belongs if its arrival is not known: that of the click, in UTC.
#[must_use]
pub fn day(like: &LikeEvent) -> Date {
    Offset::UTC.to_datetime(like.liked_at()).date()
}

impl Archive {
    /// Writes likes as one object in the folder of a day, in the format of Firehose's: JSON lines, compressed.
    ///
    /// # Errors
    /// [`ArchiveError::Put`] if S3 does not take it.
    pub async fn write(&self, day: Date, likes: &[LikeEvent]) -> Result<(), ArchiveError> {
        let key = key(day, Timestamp::now(), Uuid::now_v7());
        let object = object(likes).await.map_err(|error| ArchiveError::Encode(key.clone(), error))?;
        let put = self.client.put_object().bucket(&self.bucket).key(&key).body(ByteStream::from(object));
        put.send().await.map(drop).map_err(|error| ArchiveError::Put(key, Box::new(error)))
    }
}

/// The key of an object written at a time. [Firehose's names][names] start with the delivery stream's name and a version,
/// so it writes none like it.
///
/// [names]: https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
fn key(day: Date, now: Timestamp, id: Uuid) -> String {
    format!("{PREFIX}day={day}/backfill-{}-{id}.gz", now.strftime("%Y-%m-%d-%H-%M-%S"))
}

async fn object(likes: &[LikeEvent]) -> io::Result<Vec<u8>> {
    let mut encoder = GzipEncoder::new(Vec::new());
    for like in likes {
        encoder.write_all(&like.encode()?).await?;
    }
    encoder.shutdown().await?;
    Ok(encoder.into_inner())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::{Client, operation::put_object::PutObjectOutput};
    use aws_smithy_mocks::{RuleMode, mock, mock_client};
    use like::LikeId;

    use super::*;

    fn like(clicked: &str) -> LikeEvent {
        LikeEvent::new(LikeId::new(clicked.parse().unwrap()), "m".parse().unwrap(), None)
    }

    #[test]
    fn an_object_is_in_the_folder_of_its_day_and_named_as_firehose_names_none() {
        let now = "2026-11-24T05:06:07Z".parse().unwrap();
        assert_eq!(
            key(day(&like("2026-11-23T23:59:59.999Z")), now, Uuid::nil()),
            "likes/day=2026-11-23/backfill-2026-11-24-05-06-07-00000000-0000-0000-0000-000000000000.gz"
        );
    }

    #[tokio::test]
    async fn what_is_written_is_what_readers_find() {
        let likes = ["2026-11-23T05:00:00Z", "2026-11-23T06:00:00Z"].map(like);
        let written = object(&likes).await.unwrap();
        let put = mock!(Client::put_object)
            .match_requests(|input| {
                input.bucket() == Some("archive")
                    && input.key().is_some_and(|key| key.starts_with("likes/day=2026-11-23/backfill-"))
            })
            .then_output(|| PutObjectOutput::builder().build());
        let client = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put]);
        Archive::new(client, "archive".into()).write(day(&likes[0]), &likes).await.unwrap();
        assert_eq!(put.num_calls(), 1);

        let read = crate::tests::read(vec![written]).await.unwrap();
        assert_eq!(read.into_iter().map(|line| line.like.unwrap()).collect::<Vec<_>>(), likes);
    }
}
