//! An error with its causes, in one line.

use std::{error::Error, iter};

/// The texts of an error and of its sources, outermost first.
pub(super) fn with_causes<E: Error + 'static>(error: &E) -> String {
    let causes = iter::successors(Some(error as &dyn Error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
