//! One invocation of the function, which a fault may crash at any call.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{Queue, Tables};

/// An invocation's access to the tables and the quarantine queue.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) tables: Tables,
    pub(crate) queue: Queue,
    crash: Arc<Notify>,
}

impl Invocation {
    /// A new invocation.
    #[must_use]
    pub fn new(tables: Tables, queue: Queue) -> Self {
        Self { tables, queue, crash: Arc::new(Notify::new()) }
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
