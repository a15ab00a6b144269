//! How much memory and time a tally takes: `cargo bench -p tally`.
//!
//! Each like is in the archive once. A thousand movies share them.

use std::time::Instant;

use archive::Line;
use jiff::Timestamp;
use like::{LikeEvent, LikeId, MovieId};
use peak_alloc::PeakAlloc;
use tally::Tally;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MOVIES: u64 = 1000;

fn main() {
    let movies: Vec<MovieId> = (0..MOVIES).filter_map(|movie| format!("tt{movie:07}").parse().ok()).collect();
    for millions in [1, 3, 5, 10_u64] {
        measure(millions * 1_000_000, &movies);
    }
}

#[expect(clippy::cast_precision_loss)]
fn measure(likes: u64, movies: &[MovieId]) {
    let now = Timestamp::UNIX_EPOCH;
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let mut tally = Tally::new(now, now);
    let start = Instant::now();
    for movie in movies.iter().cycle().take(usize::try_from(likes).unwrap_or(usize::MAX)) {
        let like = LikeEvent::new(LikeId::new(now), movie.clone(), None);
        tally.add(&Line { like: Some(like), written: 0 });
    }
    let per_second = likes as f64 / start.elapsed().as_secs_f64();
    let bytes = (ALLOCATED.peak_usage() - before) as f64 / likes as f64;
    println!("{likes:>10} likes: {bytes:.1} bytes a like at the peak, {per_second:.0} likes a second");
}
