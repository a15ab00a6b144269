//! The faults that tests inject.

use std::{
    iter,
    sync::{Arc, Mutex},
    time::Duration,
    vec,
};

use tokio::time::Instant;

/// What happens to a call to a service, or to the invocation that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No fault: the call is carried out, and its response arrives at once.
    None,
    /// The call is carried out, and its response takes this long.
    Slow(Duration),
    /// The call is rejected at once and not carried out.
    Throttled,
    /// A transaction is cancelled because of another one that writes the count. A read misses recent writes.
    Conflict,
    /// A transaction is cancelled because of another one that writes the first ledger entry. A read misses recent
    /// writes.
    EntryConflict,
    /// Somebody doubles the cells of the count just before a transaction. Other calls are carried out without a fault.
    Spread,
    /// Somebody folds the cells of the count just before a transaction. Other calls are carried out without a fault.
    Fold,
    /// The call is not carried out and times out.
    RequestLost,
    /// The call is carried out and times out.
    ResponseLost,
    /// The call is not carried out and never returns.
    Hang,
    /// The invocation crashes before the call is carried out.
    CrashBefore,
    /// The invocation crashes after the call is carried out.
    CrashAfter,
}

/// A script of faults, one for each call in turn. At its end it repeats, or no more faults follow. Clones share it.
#[derive(Debug, Clone)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
    outage: Option<(Instant, Fault)>,
}

#[derive(Debug)]
enum Script {
    Once(vec::IntoIter<Fault>),
    Repeated(iter::Cycle<vec::IntoIter<Fault>>),
}

impl Faults {
    /// These faults, then none.
    #[must_use]
    pub fn script(faults: Vec<Fault>) -> Self {
        Self { script: Arc::new(Mutex::new(Script::Once(faults.into_iter()))), outage: None }
    }

    /// These faults, repeated forever.
    #[must_use]
    pub fn repeated(faults: Vec<Fault>) -> Self {
        Self { script: Arc::new(Mutex::new(Script::Repeated(faults.into_iter().cycle()))), outage: None }
    }

    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::script(vec![])
    }

    /// The same fault for every call until `end`, then none.
    #[must_use]
    pub fn outage(fault: Fault, end: Instant) -> Self {
        Self { outage: Some((end, fault)), ..Self::none() }
    }

    /// The fault of the next call.
    pub(crate) fn next(&self) -> Fault {
        match self.outage {
            Some((end, fault)) if Instant::now() < end => fault,
            _ => {
                let next = match &mut *self.script.lock().expect("is not poisoned") {
                    Script::Once(faults) => faults.next(),
                    Script::Repeated(faults) => faults.next(),
                };
                next.unwrap_or(Fault::None)
            }
        }
    }
}
