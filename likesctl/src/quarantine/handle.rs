//! What SQS knows a received message by.

/// A message's id, and the receipt that allows to delete or to release it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Handle {
    pub id: String,
    pub receipt: String,
}
