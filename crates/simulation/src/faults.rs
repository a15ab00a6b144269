//! What goes wrong, and when.

use std::{
    iter,
    sync::{Arc, Mutex},
    time::Duration,
    vec,
};

use tokio::time::Instant;

/// What happens to a call, or to the invocation that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: the call is carried out and answered.
    None,
    /// It is carried out and answered, and takes this long.
    Slow(Duration),
    /// It is refused at once and not carried out.
    Throttled,
    /// It is refused because of another one at the count, and not carried out. A read misses what was just written.
    Conflict,
    /// It is refused because of another one at the first entry, and not carried out. A read misses what was just
    /// written.
    EntryConflict,
    /// It is not carried out, and there is no answer in time.
    RequestLost,
    /// It is carried out, and there is no answer in time.
    AnswerLost,
    /// It is not carried out, and there is never an answer.
    Hang,
    /// The invocation ends before it is carried out.
    CrashBefore,
    /// The invocation ends after it is carried out.
    CrashAfter,
}

/// A script of faults, one for each call in turn; after its end all goes well, or it begins again.
#[derive(Debug, Clone)]
pub struct Faults {
    script: Arc<Mutex<Script>>,
    outage: Option<(Instant, Fault)>,
}

#[derive(Debug)]
enum Script {
    Once(vec::IntoIter<Fault>),
    Over(iter::Cycle<vec::IntoIter<Fault>>),
}

impl Faults {
    /// These faults, then none.
    #[must_use]
    pub fn script(faults: Vec<Fault>) -> Self {
        Self { script: Arc::new(Mutex::new(Script::Once(faults.into_iter()))), outage: None }
    }

    /// These faults, over and over.
    #[must_use]
    pub fn over_and_over(faults: Vec<Fault>) -> Self {
        Self { script: Arc::new(Mutex::new(Script::Over(faults.into_iter().cycle()))), outage: None }
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

    /// What happens to the next call.
    pub(crate) fn next(&self) -> Fault {
        match self.outage {
            Some((end, fault)) if Instant::now() < end => fault,
            _ => {
                let next = match &mut *self.script.lock().expect("nobody panicked") {
                    Script::Once(faults) => faults.next(),
                    Script::Over(faults) => faults.next(),
                };
                next.unwrap_or(Fault::None)
            }
        }
    }
}
