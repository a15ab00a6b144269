//! The fields of a JSON object, in order and with duplicates.

use std::fmt;

use serde::{
    Deserialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::Value;

/// A JSON object that keeps duplicate fields: a map would silently keep the last one.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, Value)>);

impl Fields {
    /// The values of the fields with this name.
    pub(crate) fn named(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value)
    }

    /// The fields' names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;

        impl<'de> Visitor<'de> for Each {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_kept_in_order() {
        let fields: Fields = serde_json::from_str(r#"{"b":1,"a":[2],"b":null}"#).unwrap();
        assert_eq!(fields.names().collect::<Vec<_>>(), ["b", "a", "b"]);
        assert_eq!(fields.named("b").collect::<Vec<_>>(), [&Value::from(1), &Value::Null]);
        assert_eq!(fields.named("B").count(), 0);
    }

    #[test]
    fn anything_but_an_object_is_rejected() {
        let error = serde_json::from_str::<Fields>("[]").unwrap_err();
        assert!(error.to_string().contains("expected a JSON object"), "{error}");
    }
}
