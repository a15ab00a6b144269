//! How much memory a tally takes. The only test of its process, since it measures all that is allocated.

use archive::Line;
use jiff::{SignedDuration, Timestamp};
use like::{LikeEvent, LikeId};
use peak_alloc::PeakAlloc;
use tally::Tally;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

#[test]
fn at_any_size_a_like_takes_at_most_23_bytes() {
    let settled = Timestamp::UNIX_EPOCH;
    let mut tally = Tally::new(settled, settled);
    let event = LikeEvent::new(LikeId::new(settled), "m".parse().unwrap(), None);
    let mut line = Line { like: Some(event), written: 0 };
    let before = ALLOCATED.current_usage();
    // More than twice as many likes as at the first look, so that every partition has grown on the way.
    for likes in 1..=450_000_u32 {
        let millisecond = SignedDuration::from_millis(likes.into());
        line.like.as_mut().unwrap().like_id = LikeId::new(settled + millisecond);
        tally.add(&line);
        if likes == 200_000 {
            ALLOCATED.reset_peak_usage();
        }
        if likes > 200_000 && likes.is_multiple_of(1000) {
            let bytes = ALLOCATED.peak_usage() - before;
            assert!(bytes <= 23 * likes as usize, "{likes} likes take {bytes} bytes");
        }
    }
    assert_eq!(tally.survey().movies["m"].young + tally.survey().movies["m"].archived, 450_000);
}
