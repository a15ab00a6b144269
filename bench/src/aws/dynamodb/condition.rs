//! Condition expressions.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html>.

use std::cmp::Ordering;

use super::{
    super::failure::Failure,
    expression::{Placeholders, Tokens},
    value::{Item, Value},
};

/// What must hold of an item. One that does not exist has no attributes.
#[derive(Debug)]
pub(super) enum Condition<'a> {
    Exists(&'a str),
    NotExists(&'a str),
    Compare(Operand<'a>, Comparison, Operand<'a>),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Debug)]
pub(super) enum Operand<'a> {
    Attribute(&'a str),
    Value(&'a Value),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<'a> Condition<'a> {
    pub(super) fn parse(expression: &'a str, placeholders: &Placeholders<'a>) -> Result<Self, Failure> {
        let mut tokens = Tokens::new("ConditionExpression", expression, placeholders);
        let condition = Self::or(&mut tokens)?;
        tokens.end()?;
        Ok(condition)
    }

    fn or(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        let mut condition = Self::and(tokens)?;
        while tokens.skip("OR") {
            condition = Self::Or(Box::new(condition), Box::new(Self::and(tokens)?));
        }
        Ok(condition)
    }

    fn and(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        let mut condition = Self::not(tokens)?;
        while tokens.skip("AND") {
            condition = Self::And(Box::new(condition), Box::new(Self::not(tokens)?));
        }
        Ok(condition)
    }

    fn not(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        if tokens.skip("NOT") {
            return Ok(Self::Not(Box::new(Self::not(tokens)?)));
        }
        if tokens.skip("(") {
            let condition = Self::or(tokens)?;
            tokens.expect(")")?;
            return Ok(condition);
        }
        if tokens.is_call() {
            return Self::function(tokens);
        }
        let left = Operand::parse(tokens)?;
        let comparison = match tokens.peek() {
            "=" => Comparison::Equal,
            "<>" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            word if word.eq_ignore_ascii_case("IN") || word.eq_ignore_ascii_case("BETWEEN") => {
                return Err(Failure::unsupported(format!("{word} in ConditionExpression")));
            }
            _ => return Err(tokens.unexpected()),
        };
        let symbol = tokens.next();
        let right = Operand::parse(tokens)?;
        if let (Operand::Value(value), _) | (_, Operand::Value(value)) = (&left, &right)
            && !matches!(comparison, Comparison::Equal | Comparison::NotEqual)
            && !matches!(value, Value::S(_) | Value::N(_))
        {
            let (what, kind) = ("Incorrect operand type for operator or function", value.kind());
            return Err(tokens.invalid(&format!("{what}; operator: {symbol}, operand type: {kind}")));
        }
        Ok(Self::Compare(left, comparison, right))
    }

    fn function(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        let function = tokens.next();
        let condition = match function {
            "attribute_exists" => Self::Exists,
            "attribute_not_exists" => Self::NotExists,
            function => return Err(Failure::unsupported(format!("{function} in ConditionExpression"))),
        };
        tokens.expect("(")?;
        let attribute = tokens.attribute()?;
        tokens.expect(")")?;
        Ok(condition(attribute))
    }

    /// Whether it holds of an item.
    pub(super) fn holds(&self, item: Option<&Item>) -> bool {
        let attribute = |name: &str| item.and_then(|item| item.get(name));
        match self {
            Self::Exists(name) => attribute(name).is_some(),
            Self::NotExists(name) => attribute(name).is_none(),
            Self::Compare(left, comparison, right) => {
                let value = |operand: &Operand<'a>| match operand {
                    Operand::Attribute(name) => item.and_then(|item| item.get(*name)),
                    Operand::Value(value) => Some(*value),
                };
                match (value(left), value(right)) {
                    (Some(left), Some(right)) => comparison.holds(left, right),
                    _ => *comparison == Comparison::NotEqual,
                }
            }
            Self::Not(condition) => !condition.holds(item),
            Self::And(left, right) => left.holds(item) && right.holds(item),
            Self::Or(left, right) => left.holds(item) || right.holds(item),
        }
    }
}

impl<'a> Operand<'a> {
    fn parse(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        if tokens.is_call() {
            return Err(Failure::unsupported(format!("{} in a comparison", tokens.peek())));
        }
        if tokens.peek().starts_with(':') {
            return Ok(Self::Value(tokens.value()?));
        }
        Ok(Self::Attribute(tokens.attribute()?))
    }
}

impl Comparison {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::S(left), Value::S(right)) => Some(left.cmp(right)),
            (Value::N(left), Value::N(right)) => Some(left.cmp(right)),
            _ => None,
        };
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::Less => order.is_some_and(Ordering::is_lt),
            Self::LessOrEqual => order.is_some_and(Ordering::is_le),
            Self::Greater => order.is_some_and(Ordering::is_gt),
            Self::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::expression::*, *};

    fn values() -> Values {
        let values = json!({
            ":7": { "N": "7" }, ":10": { "N": "10.0" }, ":a": { "S": "a" }, ":true": { "BOOL": true },
        });
        serde_json::from_value(values).unwrap()
    }

    fn holds(expression: &str) -> Result<bool, Failure> {
        let item =
            json!({ "n": { "N": "7" }, "ten": { "N": "10" }, "status": { "S": "a" }, "t": { "BOOL": true } });
        let item: Item = serde_json::from_value(item).unwrap();
        let (names, values) = (Names::from([("#s".to_owned(), "status".to_owned())]), values());
        let placeholders = Placeholders::new(Some(&names), Some(&values));
        Ok(Condition::parse(expression, &placeholders)?.holds(Some(&item)))
    }

    #[test]
    fn conditions_hold_or_not() {
        for (expression, expected) in [
            ("attribute_exists(n)", true),
            ("attribute_exists(x)", false),
            ("attribute_not_exists(#s)", false),
            ("attribute_not_exists ( x )", true),
            ("n = :7", true),
            ("n <> :7", false),
            ("n < :10", true),
            ("n<=:7", true),
            ("ten > :7", true),
            ("ten >= :10", true),
            ("ten = :10", true),
            ("n < ten", true),
            ("#s = :a", true),
            ("#s = :7", false),
            ("#s <> :7", true),
            ("#s < :7", false),
            ("t = :true", true),
            // An attribute that does not exist differs from every value.
            ("x = :7", false),
            ("x <> :7", true),
            ("x < :7", false),
            ("NOT n = :7", false),
            ("not x = :7 and n = :7", true),
            // AND binds more tightly than OR.
            ("n = :7 OR n = :7 AND x = :7", true),
            ("(n = :7 OR n = :7) AND x = :7", false),
            ("NOT (n = :7 AND x = :7)", true),
        ] {
            assert_eq!(holds(expression).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn powertools_condition_holds_once_an_entry_is_expired_or_abandoned() {
        let expression = "attribute_not_exists(#id) OR #expiry < :now OR (#status = :inprogress AND \
                          attribute_exists(#in_progress_expiry) AND #in_progress_expiry < :now_in_millis)";
        let names: Names = serde_json::from_value(json!({
            "#id": "id", "#expiry": "expiration", "#in_progress_expiry": "in_progress_expiration", "#status": "status",
        }))
        .unwrap();
        let values: Values = serde_json::from_value(json!({
            ":now": { "N": "100" }, ":now_in_millis": { "N": "100000" }, ":inprogress": { "S": "INPROGRESS" },
        }))
        .unwrap();
        let placeholders = Placeholders::new(Some(&names), Some(&values));
        let condition = Condition::parse(expression, &placeholders).unwrap();
        placeholders.check_all_used().unwrap();
        assert!(condition.holds(None));
        for (expiration, status, in_progress, expected) in [
            ("99", "COMPLETED", None, true),
            ("101", "COMPLETED", None, false),
            ("101", "INPROGRESS", None, false),
            ("101", "INPROGRESS", Some("100001"), false),
            ("101", "INPROGRESS", Some("99999"), true),
            ("101", "COMPLETED", Some("99999"), false),
        ] {
            let mut item =
                json!({ "id": { "S": "a" }, "expiration": { "N": expiration }, "status": { "S": status } });
            if let Some(time) = in_progress {
                item["in_progress_expiration"] = json!({ "N": time });
            }
            let item = serde_json::from_value(item).unwrap();
            assert_eq!(condition.holds(Some(&item)), expected, "{item:?}");
        }
    }

    #[test]
    fn what_is_not_supported_or_malformed_is_named() {
        for (expression, why) in [
            ("begins_with(#s, :a)", "does not support begins_with in ConditionExpression"),
            ("size(n) > :7", "does not support size in ConditionExpression"),
            (":7 < size(n)", "does not support size in a comparison"),
            ("n IN (:7)", "does not support IN in"),
            ("n BETWEEN :7 AND :10", "does not support BETWEEN in"),
            ("a.b = :7", "does not support paths into documents"),
            ("n = :x", "attribute value: :x"),
            ("n = ", "token: <EOF>"),
            ("n", "token: <EOF>"),
            ("(n = :7", "token: <EOF>"),
            ("n = :7)", "token: \")\""),
            ("n = 7", "token: \"7\""),
            ("n < :true", "operator: <, operand type: BOOL"),
            ("", "token: <EOF>"),
        ] {
            let failure = holds(expression).unwrap_err();
            assert!(failure.message().contains(why), "{expression}: {failure:?}");
        }
    }
}
