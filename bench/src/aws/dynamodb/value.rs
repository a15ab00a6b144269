//! The values of attributes: texts, numbers, booleans, nulls, lists and maps. Binary values and sets are not supported.

use std::{collections::BTreeMap, fmt, str::FromStr};

use bigdecimal::{BigDecimal, ToPrimitive, num_bigint::Sign};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An item: its attributes by name.
pub(super) type Item = BTreeMap<String, Value>;

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Value {
    S(String),
    N(Number),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    L(Vec<Value>),
    M(Item),
}

/// A number of up to 38 digits.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Number(BigDecimal);

const MAX_DIGITS: u64 = 38;

impl Value {
    /// The size in bytes.
    ///
    /// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::Bool(_) | Self::Null(_) => 1,
            Self::L(values) => 3 + values.iter().map(|value| 1 + value.size()).sum::<usize>(),
            Self::M(item) => {
                3 + item.iter().map(|(name, value)| 1 + name.len() + value.size()).sum::<usize>()
            }
        }
    }

    /// The name of the type, as in a request.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::Bool(_) => "BOOL",
            Self::Null(_) => "NULL",
            Self::L(_) => "L",
            Self::M(_) => "M",
        }
    }
}

/// The size of an item in bytes.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

impl Number {
    /// About a byte for two significant digits, and one more. A sign takes another.
    fn size(&self) -> usize {
        let digits = usize::try_from(self.0.normalized().digits()).unwrap_or(usize::MAX);
        digits.div_ceil(2) + 1 + usize::from(self.0.sign() == Sign::Minus)
    }

    /// The number if it is a whole one from 0 to 2^64.
    pub(super) fn to_u64(&self) -> Option<u64> {
        self.0.is_integer().then(|| self.0.to_u64()).flatten()
    }

    fn checked(number: &BigDecimal) -> Result<Self, &'static str> {
        let number = number.normalized();
        if number.digits() > MAX_DIGITS {
            return Err("Attempting to store more than 38 significant digits in a Number");
        }
        Ok(Self(number))
    }

    /// The sum, unless it has too many digits.
    pub(super) fn plus(&self, other: &Self) -> Result<Self, &'static str> {
        Self::checked(&(&self.0 + &other.0))
    }

    /// The difference, unless it has too many digits.
    pub(super) fn minus(&self, other: &Self) -> Result<Self, &'static str> {
        Self::checked(&(&self.0 - &other.0))
    }
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text
            .parse()
            .map_err(|_| format!("The parameter cannot be converted to a numeric value: {text}"))?;
        Ok(Self::checked(&number)?)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.to_plain_string())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: serde_json::Value) -> Value {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn numbers_are_exact_and_compared_by_value() {
        let number = |text: &str| text.parse::<Number>().unwrap();
        assert_eq!(number("1.50"), number("15e-1"));
        assert!(number("9") < number("10"));
        assert_eq!(number("0.1").plus(&number("0.2")).unwrap().to_string(), "0.3");
        assert_eq!(number("100").plus(&number("-1e2")).unwrap().to_string(), "0");
        assert_eq!(number("5").minus(&number("7")).unwrap().to_string(), "-2");
        assert_eq!(number("1500").to_string(), "1500");
        assert_eq!(number("1500").to_u64(), Some(1500));
        assert_eq!(number("0.5").to_u64(), None);
        assert!("1".repeat(39).parse::<Number>().is_err());
        assert!("x".parse::<Number>().is_err());
    }

    #[test]
    fn sizes_are_as_documented() {
        for (json, size) in [
            (json!({ "S": "é" }), 2),
            (json!({ "N": "1" }), 2),
            (json!({ "N": "-1" }), 3),
            (json!({ "N": "1500" }), 2),
            (json!({ "N": "123" }), 3),
            (json!({ "BOOL": true }), 1),
            (json!({ "NULL": true }), 1),
            (json!({ "L": [{ "S": "ab" }] }), 6),
            (json!({ "M": { "k": { "S": "ab" } } }), 7),
        ] {
            assert_eq!(value(json.clone()).size(), size, "{json}");
        }
        let item = serde_json::from_value(json!({ "id": { "S": "abc" }, "n": { "N": "7" } })).unwrap();
        assert_eq!(super::size(&item), 2 + 3 + 1 + 2);
    }

    #[test]
    fn a_type_that_is_not_supported_is_named() {
        let error = serde_json::from_value::<Value>(json!({ "SS": ["a"] })).unwrap_err();
        assert!(error.to_string().contains("unknown variant `SS`"), "{error}");
    }
}
