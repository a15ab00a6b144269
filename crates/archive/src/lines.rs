//! Decoding the lines of an object, a batch at a time.

use std::{io, mem};

use like::LikeEvent;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How many bytes a batch is decoded from, unless a line is longer. A batch of likes is a few times larger in memory.
const BATCH_BYTES: usize = 64 * 1024;

/// The lines of a text, of which a batch is in memory.
pub(crate) struct Lines<R> {
    text: R,
    batch_bytes: usize,
    /// What has been read and not decoded.
    buffer: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(crate) fn new(text: R) -> Self {
        Self { text, batch_bytes: BATCH_BYTES, buffer: Vec::new() }
    }

    /// The likes of the next lines, one item a line, by [`LikeEvent::decode_lines`]; `None` at the end. Where a batch
    /// ends says nothing, and it may be empty.
    pub(crate) async fn next_batch(&mut self) -> io::Result<Option<Vec<Option<LikeEvent>>>> {
        let mut searched = 0;
        loop {
            self.buffer.reserve(self.batch_bytes);
            let is_at_end = self.fill().await?;
            if is_at_end {
                let rest = mem::take(&mut self.buffer);
                return Ok((!rest.is_empty()).then(|| decode(&rest)));
            }
            // A line that is cut would not be a like, so only whole ones are decoded.
            let unsearched = self.buffer.get(searched..).unwrap_or_default();
            if let Some(last) = unsearched.iter().rposition(|byte| *byte == b'\n') {
                let rest = self.buffer.split_off(searched + last + 1);
                let lines = mem::replace(&mut self.buffer, rest);
                return Ok(Some(decode(&lines)));
            }
            searched = self.buffer.len();
        }
    }

    /// Reads until the buffer holds so many bytes more than before that a batch is full. Returns whether the text ends.
    async fn fill(&mut self) -> io::Result<bool> {
        let full = self.buffer.len() + self.batch_bytes;
        while self.buffer.len() < full {
            if self.text.read_buf(&mut self.buffer).await? == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn decode(lines: &[u8]) -> Vec<Option<LikeEvent>> {
    LikeEvent::decode_lines(lines).map(Result::ok).collect()
}

#[cfg(test)]
mod tests {
    use like::LikeId;
    use proptest::prelude::*;

    use super::*;

    async fn read(text: &[u8], batch_bytes: usize) -> Vec<Option<LikeEvent>> {
        let mut lines = Lines { batch_bytes, ..Lines::new(text) };
        let mut read = Vec::new();
        while let Some(batch) = lines.next_batch().await.unwrap() {
            read.extend(batch);
        }
        read
    }

    #[tokio::test]
    async fn a_text_without_a_line_holds_nothing() {
        assert_eq!(read(b"", BATCH_BYTES).await, []);
        assert_eq!(read(b"\n \r\n\n", BATCH_BYTES).await, []);
    }

    #[tokio::test]
    async fn a_batch_holds_no_more_than_its_lines() {
        let text = b"junk\n".repeat(1000);
        let mut lines = Lines { batch_bytes: 50, ..Lines::new(text.as_slice()) };
        let first = lines.next_batch().await.unwrap().unwrap();
        assert!((1..100).contains(&first.len()), "{}", first.len());
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
        /// Whatever is on the stream, and wherever a batch ends.
        #[test]
        fn an_object_holds_the_likes_that_update_count_sees_in_its_records(
            records in proptest::collection::vec(record(), 0..9),
            batch_bytes in 1..200_usize,
        ) {
            let each = records.iter().flat_map(|record| LikeEvent::decode_lines(record)).map(Result::ok);
            let joined: Vec<u8> = records.iter().flat_map(|record| record.iter().chain(b"\n")).copied().collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(read(&joined, batch_bytes));
            prop_assert_eq!(read, each.collect::<Vec<_>>());
        }
    }
}
