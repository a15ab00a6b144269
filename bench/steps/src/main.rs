//! One step of counting a batch of 1,000 likes of 200 movies, without I/O: `steps decode|group|plan ITERATIONS`.
//!
//! It is built as the functions are, and `just bench-check` counts its instructions.

use std::{convert::Infallible, env, hint::black_box, process::ExitCode, time::Duration};

use counting::{
    Cell, Cells, CountCells, KnownCells, Like, Spread, Transact, TransactError, Transaction, by_movie,
    count_movie, distinct,
};
use like::{LikeEvent, MovieId};
use tokio::time::Instant;

const LIKES: u32 = 1000;
const MOVIES: u32 = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let step = arguments.next().unwrap_or_default();
    let iterations: u32 = arguments.next().and_then(|number| number.parse().ok()).unwrap_or_default();
    let lines: Vec<_> = (0..LIKES).map(line).collect();
    let events = decode(&lines);
    if events.len() != lines.len() {
        eprintln!("error: of {LIKES} lines, only {} are likes", events.len());
        return ExitCode::FAILURE;
    }
    for _ in 0..iterations {
        match step.as_str() {
            "decode" => drop(black_box(decode(black_box(&lines)))),
            "group" => drop(black_box(group(black_box(&events)))),
            "plan" => plan(group(black_box(&events))).await,
            _ => {
                eprintln!("error: not a step: {step}; there are: decode, group, plan");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

/// A like's line on the stream, the same in every run.
fn line(number: u32) -> Vec<u8> {
    let movie = number % MOVIES;
    format!(
        r#"{{"version":1,"likeId":"01a206c6-78fb-7cc3-98c4-{number:012x}","movieId":"tt{movie:07}","userId":"u-{number:08}","likedAt":"2026-11-23T05:00:00.123Z"}}{}"#,
        '\n'
    )
    .into_bytes()
}

fn decode(lines: &[Vec<u8>]) -> Vec<LikeEvent> {
    lines.iter().flat_map(|line| LikeEvent::decode_lines(line)).filter_map(Result::ok).collect()
}

fn group(events: &[LikeEvent]) -> Vec<(MovieId, Vec<Like>)> {
    by_movie(distinct(events.iter().cloned().enumerate()))
}

/// Makes the transactions and reads their outcomes.
async fn plan(movies: Vec<(MovieId, Vec<Like>)>) {
    let known = KnownCells::default();
    let deadline = Instant::now() + Duration::from_hours(1);
    for (movie, likes) in movies {
        let spread = Spread { known: &known, shard: 0 };
        black_box(count_movie(&Accepting, spread, &movie, likes, deadline).await);
    }
}

/// Tables that carry out every transaction at once.
struct Accepting;

impl Transact for Accepting {
    type Error = Infallible;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<Infallible>> {
        black_box(transaction);
        Ok(())
    }
}

impl CountCells for Accepting {
    async fn cells(&self, _: &MovieId) -> Result<Cells, TransactError<Infallible>> {
        Ok(Cells::ONE)
    }

    async fn spread(&self, _: &MovieId, _: Cells, _: Cells) -> Result<bool, TransactError<Infallible>> {
        Ok(false)
    }

    async fn fold(&self, _: &MovieId, _: Cell) -> Result<Cells, TransactError<Infallible>> {
        Ok(Cells::ONE)
    }
}
