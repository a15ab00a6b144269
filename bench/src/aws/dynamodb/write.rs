//! Writes of one item: alone or in a transaction.

use serde::Deserialize;

use super::{
    super::failure::Failure,
    condition::Condition,
    expression::{Names, Placeholders, Values},
    table::{Table, write_units},
    update::{Mismatch, Update},
    value::{Item, size},
};

/// The maximum size of an item.
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// What a write does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Put,
    Update,
    Delete,
    ConditionCheck,
}

/// The members of a write. Which of them a kind of write has is checked by [`Write::parse`].
#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Request {
    pub(super) table_name: String,
    item: Option<Item>,
    key: Option<Item>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    expression_attribute_values: Option<Values>,
    #[serde(default)]
    pub(super) return_values: ReturnValues,
    #[serde(default)]
    return_values_on_condition_check_failure: ReturnOld,
    #[serde(default, rename = "ReturnConsumedCapacity")]
    _return_consumed_capacity: Unreturned,
    #[serde(default, rename = "ReturnItemCollectionMetrics")]
    _return_item_collection_metrics: Unreturned,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ReturnValues {
    #[default]
    None,
    AllOld,
    AllNew,
    UpdatedOld,
    UpdatedNew,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ReturnOld {
    #[default]
    None,
    AllOld,
}

/// What can be asked for and is not supported, so that only NONE can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Unreturned {
    #[default]
    None,
}

/// A write whose expressions are parsed.
#[derive(Debug)]
pub(super) struct Write<'r> {
    /// The value of the key attribute.
    pub(super) key: &'r str,
    change: Change<'r>,
    condition: Option<Condition<'r>>,
    returns_old_on_failure: bool,
}

#[derive(Debug)]
enum Change<'r> {
    Put(&'r Item),
    Update(&'r Item, Update<'r>),
    Delete,
    None,
}

/// What comes of a write, were it carried out now.
#[derive(Debug)]
pub(super) struct Plan {
    /// The item afterwards, if it changes.
    pub(super) result: Result<Outcome, Rejection>,
    /// The write units that it costs, also if it is rejected.
    pub(super) units: u64,
}

/// The item afterwards; `None` if there is none.
pub(super) type Outcome = Option<Item>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rejection {
    /// The condition does not hold. The item is the one that it was checked against, if it was asked for.
    Condition(Option<Item>),
    /// The update does not fit the item.
    Mismatch(Mismatch),
}

impl<'r> Write<'r> {
    /// Parses a request. An error is one of the request as a whole: nothing is charged.
    pub(super) fn parse(kind: Kind, request: &'r Request, table: &Table) -> Result<Self, Failure> {
        let Request { item, key, update_expression, condition_expression, .. } = request;
        let (names, values) = (&request.expression_attribute_names, &request.expression_attribute_values);
        let placeholders = Placeholders::new(names.as_ref(), values.as_ref());
        let condition = condition_expression.as_deref();
        let condition = condition.map(|text| Condition::parse(text, &placeholders)).transpose()?;
        let (key, change) = match (kind, item, key, update_expression) {
            (Kind::Put, Some(item), None, None) => (table.key_in(item)?, Change::Put(item)),
            (Kind::Update, None, Some(key), Some(expression)) => {
                let update = Update::parse(expression, &placeholders)?;
                if let Some(target) = update.targets().find(|target| *target == table.key) {
                    let why = "This attribute is part of the key";
                    return Err(Failure::validation(format!(
                        "One or more parameter values were invalid: Cannot update attribute {target}. {why}"
                    )));
                }
                (table.key_of(key)?, Change::Update(key, update))
            }
            (Kind::Update, None, Some(_), None) => {
                return Err(Failure::unsupported("an update without an UpdateExpression"));
            }
            (Kind::Delete, None, Some(key), None) => (table.key_of(key)?, Change::Delete),
            (Kind::ConditionCheck, None, Some(key), None) if condition.is_some() => {
                (table.key_of(key)?, Change::None)
            }
            _ => return Err(Failure::validation(format!("a member of {kind:?} is missing or out of place"))),
        };
        placeholders.check_all_used()?;
        if let Change::Put(item) = change
            && size(item) > MAX_ITEM_BYTES
        {
            return Err(Failure::validation("Item size has exceeded the maximum allowed size"));
        }
        let returns_old_on_failure = request.return_values_on_condition_check_failure == ReturnOld::AllOld;
        Ok(Self { key, change, condition, returns_old_on_failure })
    }

    /// What comes of it, given the item before.
    pub(super) fn plan(&self, before: Option<&Item>) -> Plan {
        let result = self.result(before);
        let after = match (&result, &self.change) {
            (Ok(after), _) => after.as_ref(),
            (Err(_), Change::Put(item)) => Some(*item),
            (Err(_), _) => None,
        };
        // The larger of the two, whether the condition holds or not.
        let units = write_units(before.map_or(0, size).max(after.map_or(0, size)));
        Plan { result, units }
    }

    fn result(&self, before: Option<&Item>) -> Result<Outcome, Rejection> {
        if self.condition.as_ref().is_some_and(|condition| !condition.holds(before)) {
            return Err(Rejection::Condition(before.filter(|_| self.returns_old_on_failure).cloned()));
        }
        match &self.change {
            Change::Put(item) => Ok(Some((*item).clone())),
            Change::Update(key, update) => {
                let mut item = before.unwrap_or(key).clone();
                update.apply(&mut item).map_err(Rejection::Mismatch)?;
                if size(&item) > MAX_ITEM_BYTES {
                    return Err(Rejection::Mismatch(
                        "Item size to update has exceeded the maximum allowed size",
                    ));
                }
                Ok(Some(item))
            }
            Change::Delete => Ok(None),
            Change::None => Ok(before.cloned()),
        }
    }

    /// The attributes to return, if any are asked for.
    pub(super) fn returned(
        &self,
        which: ReturnValues,
        before: Option<&Item>,
        after: Option<&Item>,
    ) -> Result<Option<Item>, Failure> {
        let updated = |item: Option<&Item>| {
            let Change::Update(_, update) = &self.change else { return None };
            let found = |name: &str| Some((name.to_owned(), item?.get(name)?.clone()));
            let attributes: Item = update.targets().filter_map(found).collect();
            Some(attributes).filter(|attributes| !attributes.is_empty())
        };
        match (which, &self.change) {
            (ReturnValues::None, _) => Ok(None),
            (ReturnValues::AllOld, _) => Ok(before.cloned()),
            (ReturnValues::AllNew, Change::Update(..)) => Ok(after.cloned()),
            (ReturnValues::UpdatedOld, Change::Update(..)) => Ok(updated(before)),
            (ReturnValues::UpdatedNew, Change::Update(..)) => Ok(updated(after)),
            _ => Err(Failure::validation("ReturnValues can only be ALL_OLD or NONE")),
        }
    }
}
