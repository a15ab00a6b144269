//! What a number of calls took together.

use std::time::Duration;

use super::{count, milliseconds};
use crate::aws::Usage;

/// What a number of calls, one after the other, took together.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    /// The duration of each, in milliseconds.
    pub walls: Vec<f64>,
    /// The CPU time of all.
    pub cpu: Duration,
    /// The likes in them.
    pub likes: u64,
    /// What they asked of AWS.
    pub usage: Usage,
}

impl Calls {
    /// The CPU time of a call, in milliseconds.
    #[must_use]
    pub fn cpu_a_call(&self) -> f64 {
        milliseconds(self.cpu) / count(self.walls.len() as u64)
    }

    /// The CPU time of a like, in microseconds.
    #[must_use]
    pub fn cpu_us_a_like(&self) -> f64 {
        milliseconds(self.cpu) * 1000.0 / count(self.likes)
    }

    /// Calls of AWS.
    #[must_use]
    pub fn calls_of_aws(&self) -> f64 {
        count(self.usage.calls.values().sum())
    }

    /// All of these calls together.
    #[must_use]
    pub fn together(all: &[Self]) -> Self {
        let mut together = Self::default();
        for calls in all {
            together.walls.extend(&calls.walls);
            together.cpu += calls.cpu;
            together.likes += calls.likes;
            for (operation, number) in &calls.usage.calls {
                *together.usage.calls.entry(operation.clone()).or_default() += number;
            }
            together.usage.bytes_received += calls.usage.bytes_received;
            together.usage.bytes_sent += calls.usage.bytes_sent;
            together.usage.write_units += calls.usage.write_units;
            together.usage.half_read_units += calls.usage.half_read_units;
            together.usage.cancelled += calls.usage.cancelled;
            together.usage.connections += calls.usage.connections;
        }
        together
    }
}
