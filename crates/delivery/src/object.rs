//! The contents of an object.

use std::io::{self, Write};

use flate2::{Compression, write::GzEncoder};
use mapping::Record;

/// The records with a newline after each, compressed: Firehose's `AppendDelimiterToRecord` and `GZIP`.
pub(crate) fn object(records: &[Record]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for record in records {
        encoder.write_all(&record.data)?;
        encoder.write_all(b"\n")?;
    }
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn an_object_holds_its_records_with_a_newline_after_each() {
        let record = |data: &[u8]| Record {
            sequence_number: "1".into(),
            partition_key: "k".into(),
            data: data.to_vec(),
            arrived: Instant::now(),
        };
        let records = [b"{}\n".as_slice(), b"no newline", b"\xff"].map(record);
        let mut text = Vec::new();
        GzDecoder::new(object(&records).unwrap().as_slice()).read_to_end(&mut text).unwrap();
        assert_eq!(text, b"{}\n\nno newline\n\xff\n");
    }
}
