//! How many likes of one movie the counts take, with one cell and with as many as it needs.
//!
//! Run it with `cargo run --release -p counting --example one_movie`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_precision_loss, reason = "a benchmark")]

mod measure;

use std::time::Duration;

use measure::{Measurement, measure};

const TIME: Duration = Duration::from_secs(20);

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    println!(
        "| shards | most cells | likes a second | cancelled | write units a like | p50 of a batch, ms | p99, ms |\n\
         |-------:|-----------:|---------------:|----------:|-------------------:|-------------------:|--------:|"
    );
    for may_spread in [false, true] {
        for shards in [1, 4, 16, 64] {
            print(shards, &measure(shards, may_spread, TIME).await);
        }
    }
}

fn print(shards: u64, measured: &Measurement) {
    let Measurement { cells, likes, transactions, cancelled, write_units, batches } = measured;
    println!(
        "| {shards:>6} | {cells:>10} | {:>14} | {:>7.1} % | {:>18.2} | {:>18} | {:>7} |",
        likes / TIME.as_secs(),
        100.0 * *cancelled as f64 / *transactions as f64,
        *write_units as f64 / *likes as f64,
        batches[batches.len() / 2].as_millis(),
        batches[batches.len() * 99 / 100].as_millis(),
    );
}
