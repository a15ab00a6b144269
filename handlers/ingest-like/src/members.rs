//! The members of a JSON object, in their order, each as often as it is there.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::Value;

/// A JSON object whose members are not merged: of two with one name, a map would keep the last in silence.
#[derive(Debug)]
pub(crate) struct Members(Vec<(String, Value)>);

impl Members {
    /// The values of the members of this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value)
    }

    /// The members' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_kept_in_its_order() {
        let members: Members = serde_json::from_str(r#"{"b":1,"a":[2],"b":null}"#).unwrap();
        assert_eq!(members.names().collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!(members.named("b").collect::<Vec<_>>(), [&Value::from(1), &Value::Null]);
        assert_eq!(members.named("B").count(), 0);
    }

    #[test]
    fn something_else_than_an_object_is_told_what_it_must_be() {
        let error = serde_json::from_str::<Members>("[]").unwrap_err();
        assert!(error.to_string().contains("expected a JSON object"), "{error}");
    }
}
