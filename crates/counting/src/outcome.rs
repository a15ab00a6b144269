//! What became of a like, of a line or of a whole record.

/// What became of a like, of the line that carries it, or of the record that the line is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Written to the ledger and counted now.
    Counted,
    /// In the ledger already, so counted before.
    Duplicate,
    /// It can never be counted, for this reason. Its record is done once the quarantine holds it.
    Quarantined(String),
    /// Not known to be done. Its record must be redelivered.
    Unfinished,
}
