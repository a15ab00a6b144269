//! The outcome of a like, a line or a record.

/// The outcome of a like, of the line that holds it, or of the record that the line is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Added to the ledger and counted now.
    Counted,
    /// The ledger had an entry already, so the like was counted before.
    Duplicate,
    /// The like can never be counted, for this reason. Its record is done once it is in quarantine.
    Quarantined(String),
    /// Not known to be counted. The record must be redelivered.
    Unfinished,
}
