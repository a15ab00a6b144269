//! What was measured: the content of `results.json`.

use serde::{Deserialize, Serialize};

use crate::{
    contender::{Function, Kind},
    events::Popularity,
    instance::Memory,
    statistics::Spread,
};

/// Everything that a run measured. Times are in milliseconds unless a member's name says otherwise.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Results {
    /// Where, when and how.
    pub setting: Setting,
    /// Starts of processes, with their first calls.
    pub cold: Vec<Cold>,
    /// Calls of processes that have handled events before.
    pub warm: Vec<Warm>,
    /// Instructions of a warm call.
    pub instructions: Vec<Instructions>,
    /// Batches of likes.
    pub batches: Vec<Batches>,
    /// Likes at a fixed rate.
    pub paced: Vec<Counting>,
    /// One movie that every shard counts without a pause.
    pub scaling: Vec<Counting>,
    /// Sizes of zips.
    pub sizes: Vec<Size>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// Where, when and how it was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setting {
    /// When it started.
    pub date: String,
    /// The command.
    pub command: String,
    /// The commit.
    pub commit: String,
    /// The processor and how many there are of it.
    pub processor: String,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// The processes that ran or wanted to when it started, on average over a minute: more than a few make times longer.
    pub load: f64,
    /// Kernel.
    pub kernel: String,
    /// Versions of compilers, interpreters and tools.
    pub versions: Vec<String>,
    /// How long a call of the simulated AWS takes.
    pub latency_ms: f64,
    /// How long a transaction takes.
    pub transaction_latency_ms: f64,
}

/// A start of a process, and its first call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Cold {
    pub contender: String,
    pub function: Function,
    pub kind: Kind,
    pub memory: Memory,
    pub init: Spread,
    pub init_cpu: Spread,
    pub call: Spread,
    pub call_cpu: Spread,
    /// Of both together, in each round.
    pub total_cpu: Spread,
    pub peak_memory_mb: Spread,
}

/// Warm calls, one after the other.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Warm {
    pub contender: String,
    pub function: Function,
    pub kind: Kind,
    pub memory: Memory,
    pub p50: f64,
    pub p99: f64,
    /// Of a call, on average over a round.
    pub cpu: Spread,
    pub peak_memory_mb: f64,
    /// On average over all rounds.
    pub calls_of_aws: f64,
    pub bytes_sent: f64,
    pub bytes_received: f64,
}

/// Instructions of a warm call, by Valgrind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Instructions {
    pub contender: String,
    pub function: Function,
    pub kind: Kind,
    pub batch: Option<usize>,
    pub a_call: u64,
}

/// Batches of one size, one after the other.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Batches {
    pub contender: String,
    pub kind: Kind,
    pub popularity: Popularity,
    pub batch: usize,
    /// Of a batch.
    pub wall: Spread,
    pub cpu_us_a_like: Spread,
    pub likes_a_cpu_second: Spread,
    /// On average over all rounds.
    pub calls_a_thousand_likes: f64,
    pub write_units_a_thousand_likes: f64,
    pub read_units_a_thousand_likes: f64,
    pub bytes_a_like: f64,
    pub peak_memory_mb: f64,
}

/// Several shards at once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counting {
    pub contender: String,
    pub kind: Kind,
    pub popularity: Popularity,
    pub shards: u32,
    pub seconds: f64,
    pub likes: u64,
    pub likes_a_second: f64,
    /// Of all transactions, from 0 to 1.
    pub cancelled: f64,
    pub write_units_a_like: f64,
    pub calls_a_thousand_likes: f64,
    pub cpu_us_a_like: f64,
    /// Of batches.
    pub p50: f64,
    pub p99: f64,
    pub likes_a_batch: f64,
}

/// The size of what is deployed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Size {
    pub contender: String,
    pub kind: Kind,
    pub zip_bytes: u64,
    /// Without what Lambda's own runtime for the language has on board.
    pub managed_zip_bytes: Option<u64>,
    pub unpacked_bytes: u64,
}
