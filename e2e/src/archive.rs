//! Reads the archive: JSON lines in the objects that Firehose writes.

use archive::Archive;

use crate::Stack;

impl Stack {
    /// The lines archived since a time, in seconds since 1970. They are in no particular order, without blank lines.
    ///
    /// # Panics
    /// If the archive cannot be read, or an object does not end with a newline.
    pub async fn archived_since(&self, time: i64) -> Vec<String> {
        let mut lines = Vec::new();
        for bytes in self.objects_since(time).await {
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.ends_with('\n'), "the object does not end with a newline: {text:?}");
            lines.extend(text.lines().filter(|line| !line.is_empty()).map(ToOwned::to_owned));
        }
        lines
    }

    /// The objects archived since a time, in seconds since 1970, decompressed.
    ///
    /// # Panics
    /// If the archive cannot be read.
    pub async fn objects_since(&self, time: i64) -> Vec<Vec<u8>> {
        let archive = Archive::new(self.s3.clone(), self.outputs.archive_bucket.clone());
        let mut objects = archive.objects().await.expect("the archive is listed");
        objects.retain(|object| object.written >= time);
        let mut contents = Vec::with_capacity(objects.len());
        for object in &objects {
            contents.push(archive.read(object).await.expect("the object is read"));
        }
        contents
    }
}
