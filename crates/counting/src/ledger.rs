//! Looking up the ledger before anything is written.
//!
//! A transaction with an entry that exists is cancelled as a whole and still costs its write units: up to 200 for one
//! duplicate among 99 likes. A lookup costs half a read unit a like. So every like is looked up first. A duplicate
//! that the lookup misses costs no more than it would have without one. See
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling>.

use std::{collections::HashSet, error::Error};

use aws_sdk_dynamodb::error::DisplayErrorContext;
use futures::{StreamExt, stream};
use like::LikeKey;
pub use tables::MAX_KEYS;
use tokio::time::{Instant, timeout_at};

use crate::{CONCURRENCY, batch::Like};

/// The ledger, as a lookup sees it.
pub trait Ledger {
    /// Why a lookup failed.
    type Error: Error + Send + Sync + 'static;

    /// Returns those of up to [`MAX_KEYS`] distinct keys that have an entry. It may miss some, such as an entry that
    /// was just written.
    ///
    /// # Errors
    /// If the lookup failed.
    fn duplicates(
        &self,
        keys: &[LikeKey],
    ) -> impl Future<Output = Result<HashSet<LikeKey>, Self::Error>> + Send;
}

/// Looks up which of these likes have an entry, until `deadline`. A failed lookup finds none.
pub async fn find_duplicates<L: Ledger>(ledger: &L, likes: &[Like], deadline: Instant) -> HashSet<LikeKey> {
    let chunks: Vec<Vec<_>> =
        likes.chunks(MAX_KEYS).map(|likes| likes.iter().map(|like| like.key.clone()).collect()).collect();
    let mut lookups = stream::iter(chunks)
        .map(async |keys| look_up(ledger, &keys, deadline).await)
        .buffer_unordered(CONCURRENCY);
    let mut found = HashSet::new();
    let (mut failed, mut last) = (0_u32, None);
    while let Some(lookup) = lookups.next().await {
        match lookup {
            Ok(duplicates) => found.extend(duplicates),
            Err(error) => {
                failed = failed.saturating_add(1);
                last = Some(error);
            }
        }
    }
    if let Some(error) = last {
        tracing::warn!(failed, error = %DisplayErrorContext(&error), "ledger lookups failed");
    }
    found
}

async fn look_up<L: Ledger>(
    ledger: &L,
    keys: &[LikeKey],
    deadline: Instant,
) -> Result<HashSet<LikeKey>, L::Error> {
    if Instant::now() >= deadline {
        return Ok(HashSet::new());
    }
    timeout_at(deadline, ledger.duplicates(keys)).await.unwrap_or_else(|_| Ok(HashSet::new()))
}
