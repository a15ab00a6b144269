//! One invocation of the function, which a fault may end at any call.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::{Queue, Tables};

/// What an invocation reaches the tables and the quarantine through.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub(crate) tables: Tables,
    pub(crate) queue: Queue,
    crash: Arc<Notify>,
}

impl Invocation {
    /// An invocation that has just begun.
    #[must_use]
    pub fn new(tables: Tables, queue: Queue) -> Self {
        Self { tables, queue, crash: Arc::new(Notify::new()) }
    }

    /// Ends the invocation: whoever awaits this goes no further.
    pub(crate) async fn crash(&self) -> ! {
        self.crash.notify_one();
        std::future::pending::<std::convert::Infallible>().await;
        unreachable!("a pending future is never ready")
    }

    /// Resolves when the invocation has ended by a fault.
    pub(crate) async fn crashed(&self) {
        self.crash.notified().await;
    }
}
