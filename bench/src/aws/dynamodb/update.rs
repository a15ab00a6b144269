//! Update expressions, without the clause DELETE, which is about sets.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>.

use std::collections::BTreeSet;

use super::{
    super::failure::Failure,
    expression::{Placeholders, Tokens},
    value::{Item, Number, Value},
};

/// What an expression changes in an item.
#[derive(Debug, Default)]
pub(super) struct Update<'a> {
    set: Vec<(&'a str, Assigned<'a>)>,
    add: Vec<(&'a str, &'a Number)>,
    remove: Vec<&'a str>,
}

#[derive(Debug)]
enum Assigned<'a> {
    Operand(Operand<'a>),
    Sum(Operand<'a>, Operand<'a>),
    Difference(Operand<'a>, Operand<'a>),
}

#[derive(Debug)]
enum Operand<'a> {
    Attribute(&'a str),
    Value(&'a Value),
    IfNotExists(&'a str, Box<Self>),
}

/// An update that does not fit the item, in the words of `DynamoDB`.
pub(super) type Mismatch = &'static str;

const MISSING: Mismatch = "The provided expression refers to an attribute that does not exist in the item";
const WRONG_TYPE: Mismatch = "An operand in the update expression has an incorrect data type";

impl<'a> Update<'a> {
    pub(super) fn parse(expression: &'a str, placeholders: &Placeholders<'a>) -> Result<Self, Failure> {
        let mut tokens = Tokens::new("UpdateExpression", expression, placeholders);
        let mut update = Self::default();
        let mut clauses = BTreeSet::new();
        while !tokens.peek().is_empty() {
            let clause = tokens.peek().to_ascii_uppercase();
            match clause.as_str() {
                "SET" | "ADD" | "REMOVE" => tokens.next(),
                "DELETE" => return Err(Failure::unsupported("DELETE in UpdateExpression")),
                _ => return Err(tokens.unexpected()),
            };
            loop {
                update.action(&clause, &mut tokens)?;
                if !tokens.skip(",") {
                    break;
                }
            }
            if !clauses.insert(clause.clone()) {
                let what = "section can only be used once in an update expression";
                return Err(tokens.invalid(&format!("The \"{clause}\" {what}")));
            }
        }
        if clauses.is_empty() {
            return Err(tokens.invalid("The expression can not be empty;"));
        }
        let mut targets = BTreeSet::new();
        if let Some(twice) = update.targets().find(|target| !targets.insert(*target)) {
            let what =
                "Two document paths overlap with each other; must remove or rewrite one of these paths";
            return Err(tokens.invalid(&format!("{what}; path one: [{twice}], path two: [{twice}]")));
        }
        Ok(update)
    }

    fn action(&mut self, clause: &str, tokens: &mut Tokens<'a, '_>) -> Result<(), Failure> {
        let target = tokens.attribute()?;
        match clause {
            "REMOVE" => self.remove.push(target),
            "ADD" => match tokens.value()? {
                Value::N(number) => self.add.push((target, number)),
                value => {
                    let (what, kind) = ("Incorrect operand type for operator or function", value.kind());
                    return Err(tokens.invalid(&format!("{what}; operator: ADD, operand type: {kind}")));
                }
            },
            _ => {
                tokens.expect("=")?;
                let left = Operand::parse(tokens)?;
                let assigned = match tokens.peek() {
                    operator @ ("+" | "-") => {
                        tokens.next();
                        let right = Operand::parse(tokens)?;
                        for operand in [&left, &right] {
                            operand.check_number(operator, tokens)?;
                        }
                        let kind = if operator == "+" { Assigned::Sum } else { Assigned::Difference };
                        kind(left, right)
                    }
                    _ => Assigned::Operand(left),
                };
                self.set.push((target, assigned));
            }
        }
        Ok(())
    }

    /// The attributes that it changes.
    pub(super) fn targets(&self) -> impl Iterator<Item = &'a str> {
        let set = self.set.iter().map(|(target, _)| *target);
        set.chain(self.add.iter().map(|(target, _)| *target)).chain(self.remove.iter().copied())
    }

    /// Changes an item. All operands are of the item as it was.
    pub(super) fn apply(&self, item: &mut Item) -> Result<(), Mismatch> {
        let assigned = |(target, assigned): &(&'a str, Assigned<'a>)| Ok((*target, assigned.value(item)?));
        let mut values = self.set.iter().map(assigned).collect::<Result<Vec<_>, Mismatch>>()?;
        for (target, number) in &self.add {
            let sum = match item.get(*target) {
                None => (*number).clone(),
                Some(Value::N(before)) => before.plus(number)?,
                Some(_) => return Err(WRONG_TYPE),
            };
            values.push((target, Value::N(sum)));
        }
        item.extend(values.into_iter().map(|(target, value)| (target.to_owned(), value)));
        for target in &self.remove {
            item.remove(*target);
        }
        Ok(())
    }
}

impl Assigned<'_> {
    fn value(&self, item: &Item) -> Result<Value, Mismatch> {
        let (Self::Operand(left) | Self::Sum(left, _) | Self::Difference(left, _)) = self;
        let left = left.value(item).ok_or(MISSING)?;
        match self {
            Self::Operand(_) => Ok(left.clone()),
            Self::Sum(_, right) => Ok(Value::N(number(left)?.plus(right.number(item)?)?)),
            Self::Difference(_, right) => Ok(Value::N(number(left)?.minus(right.number(item)?)?)),
        }
    }
}

fn number(value: &Value) -> Result<&Number, Mismatch> {
    if let Value::N(number) = value { Ok(number) } else { Err(WRONG_TYPE) }
}

impl<'a> Operand<'a> {
    fn parse(tokens: &mut Tokens<'a, '_>) -> Result<Self, Failure> {
        if tokens.peek().starts_with(':') {
            return Ok(Self::Value(tokens.value()?));
        }
        if !tokens.is_call() {
            return Ok(Self::Attribute(tokens.attribute()?));
        }
        match tokens.next() {
            "if_not_exists" => {}
            function => return Err(Failure::unsupported(format!("{function} in UpdateExpression"))),
        }
        tokens.expect("(")?;
        let attribute = tokens.attribute()?;
        tokens.expect(",")?;
        let otherwise = Self::parse(tokens)?;
        tokens.expect(")")?;
        Ok(Self::IfNotExists(attribute, Box::new(otherwise)))
    }

    /// Fails if it is a value of the request that cannot be added or subtracted.
    fn check_number(&self, operator: &str, tokens: &Tokens<'a, '_>) -> Result<(), Failure> {
        match self {
            Self::Value(Value::N(_)) | Self::Attribute(_) | Self::IfNotExists(..) => Ok(()),
            Self::Value(value) => {
                let (what, kind) = ("Incorrect operand type for operator or function", value.kind());
                Err(tokens
                    .invalid(&format!("{what}; operator or function: {operator}, operand type: {kind}")))
            }
        }
    }

    fn value<'i>(&self, item: &'i Item) -> Option<&'i Value>
    where
        'a: 'i,
    {
        match self {
            Self::Attribute(name) => item.get(*name),
            Self::Value(value) => Some(value),
            Self::IfNotExists(name, otherwise) => item.get(*name).or_else(|| otherwise.value(item)),
        }
    }

    fn number<'i>(&self, item: &'i Item) -> Result<&'i Number, Mismatch>
    where
        'a: 'i,
    {
        number(self.value(item).ok_or(MISSING)?)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::{super::expression::*, *};

    /// Applies an expression to an item with `n` = 7 and `s` = "a".
    fn apply(expression: &str) -> Result<Json, String> {
        let values = json!({ ":1": { "N": "1" }, ":b": { "S": "b" } });
        let values: Values = serde_json::from_value(values).unwrap();
        let names = Names::from([("#n".to_owned(), "n".to_owned())]);
        let placeholders = Placeholders::new(Some(&names), Some(&values));
        let update =
            Update::parse(expression, &placeholders).map_err(|failure| failure.message().to_owned())?;
        let mut item = serde_json::from_value(json!({ "n": { "N": "7" }, "s": { "S": "a" } })).unwrap();
        update.apply(&mut item)?;
        let plain = |value: Json| value.get("N").or(value.get("S")).cloned().unwrap();
        Ok(item
            .into_iter()
            .map(|(name, value)| (name, plain(json!(value))))
            .collect::<serde_json::Map<_, _>>()
            .into())
    }

    #[test]
    fn updates_change_the_item_as_it_was() {
        for (expression, expected) in [
            ("SET s = :b", json!({ "n": "7", "s": "b" })),
            ("ADD #n :1", json!({ "n": "8", "s": "a" })),
            ("add m :1 set s = :b remove n", json!({ "m": "1", "s": "b" })),
            ("REMOVE s, x", json!({ "n": "7" })),
            ("SET n = n + :1, m = n", json!({ "n": "8", "m": "7", "s": "a" })),
            ("SET n = #n - :1", json!({ "n": "6", "s": "a" })),
            (
                "SET n = if_not_exists(n, :1), m = if_not_exists(m, :1)",
                json!({ "n": "7", "m": "1", "s": "a" }),
            ),
            ("SET m = if_not_exists(m, n) + :1", json!({ "n": "7", "m": "8", "s": "a" })),
            ("SET m = :1 - if_not_exists(m, :1)", json!({ "n": "7", "m": "0", "s": "a" })),
        ] {
            assert_eq!(apply(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn what_is_not_supported_malformed_or_unfitting_is_named() {
        for (expression, why) in [
            ("SET m = x", "refers to an attribute that does not exist"),
            ("SET n = n + x", "refers to an attribute that does not exist"),
            ("SET n = s + :1", "incorrect data type"),
            ("SET n = n + :b", "operator or function: +, operand type: S"),
            ("SET n = if_not_exists(n, :1) - s", "incorrect data type"),
            ("ADD s :1", "incorrect data type"),
            ("ADD n :b", "operator: ADD, operand type: S"),
            ("DELETE s :b", "does not support DELETE"),
            ("SET l = list_append(l, :b)", "does not support list_append"),
            ("SET a.b = :1", "does not support paths into documents"),
            ("SET n = :1 ADD n :1", "paths overlap"),
            ("SET n = :1 SET m = :1", "\"SET\" section can only be used once"),
            ("n = :1", "token: \"n\""),
            ("SET n = :1 + :1 + :1", "token: \"+\""),
            ("SET", "token: <EOF>"),
            ("", "can not be empty"),
        ] {
            let message = apply(expression).unwrap_err();
            assert!(message.contains(why), "{expression}: {message}");
        }
    }
}
