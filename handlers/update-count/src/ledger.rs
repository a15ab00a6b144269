//! What the ledger knows already, asked before anything is written.
//!
//! A transaction with an entry that exists is cancelled as a whole and paid for all the same: up to 200 write units for
//! one copy among 99 likes. To ask costs half a read unit a like. So every like is asked for first, and what the
//! answer misses costs no more than it did. See
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling>.

use std::{collections::HashSet, error::Error};

use aws_sdk_dynamodb::error::DisplayErrorContext;
use futures::{StreamExt, stream};
use like::LikeKey;
use tokio::time::{Instant, timeout_at};

use crate::{CONCURRENCY, batch::Like};

/// The most keys that one call may ask for.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>.
pub const MAX_KEYS: usize = 100;

/// Where likes are remembered.
pub trait Ledger {
    /// Why the ledger could not be asked.
    type Error: Error + Send + Sync + 'static;

    /// Those of at most [`MAX_KEYS`] keys, no two the same, that have an entry; some of them may be missing, such as
    /// one that was just made.
    ///
    /// # Errors
    /// If the ledger does not answer.
    fn known(&self, keys: &[LikeKey]) -> impl Future<Output = Result<HashSet<LikeKey>, Self::Error>> + Send;
}

/// Asks which of these likes are known, for as long as there is time. What was not answered counts as unknown.
pub(crate) async fn known<L: Ledger>(ledger: &L, likes: &[Like], deadline: Instant) -> HashSet<LikeKey> {
    let chunks: Vec<Vec<_>> =
        likes.chunks(MAX_KEYS).map(|likes| likes.iter().map(|like| like.key.clone()).collect()).collect();
    let answers = stream::iter(chunks).map(async |keys| ask(ledger, &keys, deadline).await);
    answers.buffer_unordered(CONCURRENCY).concat().await
}

async fn ask<L: Ledger>(ledger: &L, keys: &[LikeKey], deadline: Instant) -> HashSet<LikeKey> {
    if Instant::now() >= deadline {
        return HashSet::new();
    }
    match timeout_at(deadline, ledger.known(keys)).await {
        Ok(Ok(known)) => known,
        Ok(Err(error)) => {
            tracing::warn!(error = %DisplayErrorContext(&error), "the ledger was not asked");
            HashSet::new()
        }
        Err(_) => HashSet::new(),
    }
}
