//! An error of a service, as it answers one.

use serde_json::{Map, Value, json};

/// An error of a service. All of them are the caller's (status 400), but for [`Failure::internal`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// The HTTP status.
    pub(super) status: u16,
    /// The error's shape, with its namespace if the service sends one.
    pub(super) shape: String,
    /// The members of the body besides `__type`.
    pub(super) members: Map<String, Value>,
    /// The error's code in the query protocol, which SQS sends for older clients.
    pub(super) query_error: Option<&'static str>,
}

impl Failure {
    pub(super) fn new(shape: impl Into<String>, message: impl Into<String>) -> Self {
        let members = Map::from_iter([("message".to_owned(), Value::String(message.into()))]);
        Self { status: 400, shape: shape.into(), members, query_error: None }
    }

    /// A request that the service rejects as invalid.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new("com.amazon.coral.validate#ValidationException", message)
    }

    /// Something that AWS can do and the simulation cannot. The message names it.
    pub(super) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::validation(format!("the simulated AWS does not support {what}"))
    }

    pub(super) fn unknown_operation(target: &str) -> Self {
        let message = format!("the simulated AWS does not support the operation {target}");
        Self::new("com.amazon.coral.service#UnknownOperationException", message)
    }

    pub(super) fn internal(message: impl Into<String>) -> Self {
        Self { status: 500, ..Self::new("InternalServerError", message) }
    }

    /// The same, with its message in the member `Message`, as some shapes of `DynamoDB` have it.
    pub(super) fn titled(mut self, message: impl Into<String>) -> Self {
        self.members.remove("message");
        self.with("Message", Value::String(message.into()))
    }

    pub(super) fn with(mut self, member: &str, value: Value) -> Self {
        self.members.insert(member.to_owned(), value);
        self
    }

    /// The body.
    pub(super) fn body(mut self) -> Vec<u8> {
        self.members.insert("__type".to_owned(), json!(self.shape));
        Value::Object(self.members).to_string().into_bytes()
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        self.members
            .get("message")
            .or(self.members.get("Message"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// Reads a request. A member that is not supported is an error that names it.
pub(super) fn read<'a, T: serde::Deserialize<'a>>(body: &'a [u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let message = format!("the simulated AWS cannot read the request: {error}");
        Failure::new("com.amazon.coral.service#SerializationException", message)
    })
}

/// Writes a response.
pub(super) fn write(response: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(response).map_err(|error| Failure::internal(error.to_string()))
}
