//! What all expressions are made of: tokens, and the names and values that they refer to.
//!
//! Paths into documents and functions other than `attribute_exists`, `attribute_not_exists` and `if_not_exists` are
//! errors. Reserved words are not rejected as names, unlike in `DynamoDB`.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html>.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::{super::failure::Failure, value::Value};

/// Placeholders for the names of attributes, such as `#id`.
pub(super) type Names = BTreeMap<String, String>;
/// Placeholders for values, such as `:now`.
pub(super) type Values = BTreeMap<String, Value>;

/// What placeholders stand for in the expressions of one request.
pub(super) struct Placeholders<'a> {
    names: Option<&'a Names>,
    values: Option<&'a Values>,
    used: RefCell<BTreeSet<&'a str>>,
}

impl<'a> Placeholders<'a> {
    pub(super) fn new(names: Option<&'a Names>, values: Option<&'a Values>) -> Self {
        Self { names, values, used: RefCell::default() }
    }

    /// Fails if a placeholder was in no expression, as `DynamoDB` does.
    pub(super) fn check_all_used(&self) -> Result<(), Failure> {
        let used = self.used.borrow();
        let unused = |key: &&String| !used.contains(key.as_str());
        if let Some(name) = self.names.into_iter().flat_map(Names::keys).find(unused) {
            let message = "Value provided in ExpressionAttributeNames unused in expressions: keys:";
            return Err(Failure::validation(format!("{message} {{{name}}}")));
        }
        if let Some(value) = self.values.into_iter().flat_map(Values::keys).find(unused) {
            let message = "Value provided in ExpressionAttributeValues unused in expressions: keys:";
            return Err(Failure::validation(format!("{message} {{{value}}}")));
        }
        Ok(())
    }
}

/// The tokens of an expression, read one by one.
pub(super) struct Tokens<'a, 'p> {
    /// What kind of expression it is, such as `ConditionExpression`, for messages.
    kind: &'static str,
    rest: &'a str,
    placeholders: &'p Placeholders<'a>,
}

impl<'a, 'p> Tokens<'a, 'p> {
    pub(super) fn new(kind: &'static str, expression: &'a str, placeholders: &'p Placeholders<'a>) -> Self {
        Self { kind, rest: expression.trim(), placeholders }
    }

    /// The next token: a word, a placeholder or a symbol. Empty at the end.
    pub(super) fn peek(&self) -> &'a str {
        let is_symbol = |symbol: &&&str| self.rest.starts_with(**symbol);
        if let Some(symbol) = ["<>", "<=", ">="].iter().find(is_symbol) {
            return symbol;
        }
        let mut characters = self.rest.char_indices();
        let first = characters.next().map(|(_, character)| character);
        let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let end = match first {
            None => 0,
            Some(first) if is_word(first) || first == '#' || first == ':' => characters
                .find(|(_, character)| !is_word(*character))
                .map_or(self.rest.len(), |(index, _)| index),
            Some(first) => first.len_utf8(),
        };
        self.rest.get(..end).unwrap_or_default()
    }

    pub(super) fn next(&mut self) -> &'a str {
        let token = self.peek();
        self.rest = self.rest.get(token.len()..).unwrap_or_default().trim_start();
        token
    }

    /// Reads the next token if it is this symbol or, in any case, this keyword.
    pub(super) fn skip(&mut self, token: &str) -> bool {
        let is_next = self.peek().eq_ignore_ascii_case(token);
        if is_next {
            self.next();
        }
        is_next
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), Failure> {
        if self.skip(token) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn end(&self) -> Result<(), Failure> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> Failure {
        let kind = self.kind;
        match self.peek() {
            "." | "[" => Failure::unsupported(format!("paths into documents, in {kind}")),
            "" => Failure::validation(format!("Invalid {kind}: Syntax error; token: <EOF>")),
            token => Failure::validation(format!("Invalid {kind}: Syntax error; token: \"{token}\"")),
        }
    }

    /// A message about the expression as a whole.
    pub(super) fn invalid(&self, what: &str) -> Failure {
        Failure::validation(format!("Invalid {}: {what}", self.kind))
    }

    /// Whether a call of a function is next.
    pub(super) fn is_call(&self) -> bool {
        let word = self.peek();
        let after = self.rest.get(word.len()..).unwrap_or_default().trim_start();
        word.starts_with(|first: char| first.is_ascii_alphabetic()) && after.starts_with('(')
    }

    /// Reads the name of an attribute.
    pub(super) fn attribute(&mut self) -> Result<&'a str, Failure> {
        let token = self.peek();
        let name = if token.starts_with('#') {
            let found = self.placeholders.names.and_then(|names| names.get_key_value(token));
            let (key, name) = found.ok_or_else(|| {
                let message =
                    "An expression attribute name used in the document path is not defined; attribute name:";
                self.invalid(&format!("{message} {token}"))
            })?;
            self.placeholders.used.borrow_mut().insert(key);
            name
        } else if token.starts_with(|first: char| first.is_ascii_alphabetic()) {
            token
        } else {
            return Err(self.unexpected());
        };
        self.next();
        Ok(name)
    }

    /// Reads the placeholder of a value, and returns the value.
    pub(super) fn value(&mut self) -> Result<&'a Value, Failure> {
        let token = self.peek();
        if !token.starts_with(':') {
            return Err(self.unexpected());
        }
        let found = self.placeholders.values.and_then(|values| values.get_key_value(token));
        let (key, value) = found.ok_or_else(|| {
            let message = "An expression attribute value used in expression is not defined; attribute value:";
            self.invalid(&format!("{message} {token}"))
        })?;
        self.placeholders.used.borrow_mut().insert(key);
        self.next();
        Ok(value)
    }
}

/// The attributes that a projection expression names.
pub(super) fn projection<'a>(
    expression: &'a str,
    placeholders: &Placeholders<'a>,
) -> Result<Vec<&'a str>, Failure> {
    let mut tokens = Tokens::new("ProjectionExpression", expression, placeholders);
    let mut names = vec![tokens.attribute()?];
    while tokens.skip(",") {
        names.push(tokens.attribute()?);
    }
    tokens.end()?;
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_projection_names_attributes() {
        let names = Names::from([("#c".to_owned(), "cells".to_owned())]);
        let placeholders = Placeholders::new(Some(&names), None);
        assert_eq!(projection("movieId,#c , likes", &placeholders).unwrap(), ["movieId", "cells", "likes"]);
        placeholders.check_all_used().unwrap();
        for (expression, why) in [
            ("a.b", "does not support paths into documents"),
            ("a[0]", "does not support paths into documents"),
            ("a,", "token: <EOF>"),
            ("a b", "token: \"b\""),
            ("#x", "not defined; attribute name: #x"),
        ] {
            let failure = projection(expression, &placeholders).unwrap_err();
            assert!(failure.message().contains(why), "{expression}: {failure:?}");
        }
    }

    #[test]
    fn a_placeholder_that_is_not_used_is_an_error() {
        let names = Names::from([("#c".to_owned(), "cells".to_owned())]);
        let failure = Placeholders::new(Some(&names), None).check_all_used().unwrap_err();
        assert!(failure.message().contains("unused in expressions: keys: {#c}"), "{failure:?}");
    }
}
