//! Which tests may make the ledger lack likes at the same time.

use tokio::sync::RwLock;

/// Held for reading by tests that delete entries of their own likes, and for writing by tests that bring back whatever likes
/// the ledger lacks.
pub(crate) static LEDGER: RwLock<()> = RwLock::const_new(());
