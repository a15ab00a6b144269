//! One movie that everybody likes: its count takes more likes the more shards there are.

#![cfg(test)]

#[path = "../examples/one_movie/measure.rs"]
mod measure;

use std::time::Duration;

use measure::{Measurement, measure};

/// Long enough that what it takes to make the cells does not decide the result: most cancellations are in the first second.
const TIME: Duration = Duration::from_secs(20);

#[tokio::test(start_paused = true)]
async fn one_shard_needs_one_cell() {
    let Measurement { cells, cancelled, .. } = measure(1, true, TIME).await;
    assert_eq!((cells, cancelled), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn sixteen_shards_count_ten_times_as_many_likes_as_one_and_few_transactions_are_cancelled() {
    let one = measure(1, true, TIME).await;
    let sixteen = measure(16, true, TIME).await;
    assert!((16..=32).contains(&sixteen.cells), "{}", sixteen.cells);
    assert!(sixteen.likes > 10 * one.likes, "{} and {}", sixteen.likes, one.likes);
    assert!(
        sixteen.cancelled * 20 < sixteen.transactions,
        "{} of {}",
        sixteen.cancelled,
        sixteen.transactions
    );
    let per_like = sixteen.write_units * 100 / usize::try_from(sixteen.likes).unwrap();
    assert!(per_like <= 220, "{per_like} hundredths of a write unit");
    // The other movies of a shard do not wait for long.
    let p99 = sixteen.batches[sixteen.batches.len() * 99 / 100];
    assert!(p99 < Duration::from_secs(5), "{p99:?}");
}
