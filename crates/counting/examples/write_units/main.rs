//! How many write units a like takes, by the partition key of its record and by how the mapping makes batches.
//!
//! Run it with `cargo run -p counting --example write_units`: a minute, and the same numbers every time.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_precision_loss, reason = "a benchmark")]

mod arrivals;
mod measure;

use std::time::Duration;

use arrivals::{Key, arrivals};
use measure::{Batching, write_units};

/// Names of movies, which decide their shards, and likes of them.
const SEEDS: u64 = 5;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!(
        "| window, s | batch size | like's id as partition key | movie's id | less |\n\
         |----------:|-----------:|---------------------------:|-----------:|-----:|"
    );
    for seconds in [1, 2, 5, 10] {
        for size in [1_000, 10_000] {
            let batching = Batching { window: Duration::from_secs(seconds), size };
            let [by_like, by_movie] = [mean(Key::Like, batching).await, mean(Key::Movie, batching).await];
            let less = 100.0 * (1.0 - by_movie / by_like);
            println!("| {seconds:>9} | {size:>10} | {by_like:>26.2} | {by_movie:>10.2} | {less:>2.0} % |");
        }
    }
}

async fn mean(key: Key, batching: Batching) -> f64 {
    let mut sum = 0.0;
    for seed in 0..SEEDS {
        let shards = arrivals(key, seed);
        let likes: usize = shards.iter().map(Vec::len).sum();
        sum += write_units(shards, batching, seed).await as f64 / likes as f64;
    }
    sum / SEEDS as f64
}
