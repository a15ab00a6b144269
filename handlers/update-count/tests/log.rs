//! The log of what went wrong. This is a file of its own because the log is global to the process.

#![cfg(test)]

mod batch;
mod observed;

use std::{
    io,
    sync::{Arc, Mutex},
};

use batch::{batch, like};
use jiff::Timestamp;
use like::{LikeEvent, LikeId};
use observed::handle;

/// The contents of the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn in_an_outage_the_log_has_one_line_for_the_lookups_and_one_for_a_movie_and_no_personal_data() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();

    let user = "ann@likes.example".parse().unwrap();
    let of_ann = LikeEvent::new(LikeId::new(Timestamp::UNIX_EPOCH), "m".parse().unwrap(), Some(user));
    let of_ann = String::from_utf8(of_ann.encode().unwrap()).unwrap();
    let unknown_version = of_ann.replace("\"version\":1", "\"version\":\"ann@\"");
    assert_ne!(unknown_version, of_ann);
    let down = (0..300).map(|_| like("down"));
    let (progress, line) = handle(batch(down)).await;
    assert!(!progress);
    assert_eq!(line["Unfinished"], 300);
    assert!(line["Unacknowledged"].as_u64() > Some(10), "{line}");
    let (progress, _) = handle(batch([of_ann, unknown_version].map(String::into_bytes))).await;
    assert!(progress);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
    for line in
        ["ledger lookups failed", "transactions failed movie=down", "quarantined sequence_number=\"1\""]
    {
        assert!(log.contains(line), "{log}");
    }
    assert!(!log.contains("ann@"), "{log}");
}
