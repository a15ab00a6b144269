//! One invocation of the function, which a fault may crash at any call.

use std::sync::Arc;

use counting::KnownCells;
use tokio::sync::Notify;

use crate::{Queue, Tables};

/// An invocation's access to the tables and the quarantine queue.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) tables: Tables,
    pub(crate) queue: Queue,
    known: Arc<KnownCells>,
    crash: Arc<Notify>,
}

impl Invocation {
    /// A new invocation, in an environment that knows the cells of these counts.
    #[must_use]
    pub fn new(tables: Tables, queue: Queue, known: Arc<KnownCells>) -> Self {
        Self { tables, queue, known, crash: Arc::new(Notify::new()) }
    }

    /// What earlier invocations in the same environment know.
    #[must_use]
    pub fn known(&self) -> Arc<KnownCells> {
        self.known.clone()
    }

    /// Crashes the invocation. Never returns.
    pub(crate) async fn crash(&self) -> ! {
        self.crash.notify_one();
        std::future::pending::<std::convert::Infallible>().await;
        unreachable!("a pending future is never ready")
    }

    /// Returns once a fault has crashed the invocation.
    pub(crate) async fn crashed(&self) {
        self.crash.notified().await;
    }
}
