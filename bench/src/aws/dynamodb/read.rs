//! Reads: `GetItem` and `BatchGetItem`. All of them see every write, and cost what they are asked to.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    super::{
        failure::{Failure, read, write},
        usage::Meter,
    },
    expression::{Names, Placeholders, projection},
    table::{Table, Tables, half_read_units, throttled},
    value::{Item, size},
    write::Unreturned,
};

/// The maximum number of keys in a `BatchGetItem`.
const MAX_KEYS: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetItem {
    table_name: String,
    key: Item,
    projection_expression: Option<String>,
    expression_attribute_names: Option<Names>,
    #[serde(default)]
    consistent_read: bool,
    #[serde(default, rename = "ReturnConsumedCapacity")]
    _return_consumed_capacity: Unreturned,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct BatchGetItem {
    request_items: BTreeMap<String, KeysAndAttributes>,
    #[serde(default, rename = "ReturnConsumedCapacity")]
    _return_consumed_capacity: Unreturned,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeysAndAttributes {
    keys: Vec<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expression_attribute_names: Option<Names>,
    #[serde(default)]
    consistent_read: bool,
}

/// What a read asks of each item.
struct Get<'r> {
    attributes: Option<Vec<&'r str>>,
    is_consistent: bool,
}

/// The item cannot be read now.
struct AtLimit;

impl<'r> Get<'r> {
    fn parse(
        expression: Option<&'r String>,
        names: Option<&'r Names>,
        is_consistent: bool,
    ) -> Result<Self, Failure> {
        let placeholders = Placeholders::new(names, None);
        let attributes = expression.map(|text| projection(text, &placeholders)).transpose()?;
        placeholders.check_all_used()?;
        Ok(Self { attributes, is_consistent })
    }

    /// Reads an item, unless it is at its limit.
    fn read(&self, table: &mut Table, key: &str, meter: &Meter) -> Result<Option<Item>, AtLimit> {
        let bytes = table.item(key).map_or(0, size);
        let units = half_read_units(bytes, self.is_consistent);
        if !table.place(key).take_reads(units) {
            return Err(AtLimit);
        }
        meter.count(|usage| usage.half_read_units += units);
        let item = table.item(key);
        Ok(item.map(|item| match &self.attributes {
            None => item.clone(),
            Some(names) => {
                names.iter().filter_map(|name| Some(((*name).to_owned(), item.get(*name)?.clone()))).collect()
            }
        }))
    }
}

pub(super) fn get_item(tables: &mut Tables, meter: &Meter, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let request: GetItem = read(body)?;
    let names = request.expression_attribute_names.as_ref();
    let get = Get::parse(request.projection_expression.as_ref(), names, request.consistent_read)?;
    let table = tables.get_mut(&request.table_name)?;
    let key = table.key_of(&request.key)?;
    match get.read(table, key, meter) {
        Ok(Some(item)) => write(&json!({ "Item": item })),
        Ok(None) => write(&json!({})),
        Err(AtLimit) => Err(throttled(&request.table_name, "Read")),
    }
}

/// Keys of items that are at their limits are unprocessed. If all of them are, the request fails.
pub(super) fn batch_get_item(tables: &mut Tables, meter: &Meter, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let request: BatchGetItem = read(body)?;
    let number: usize = request.request_items.values().map(|request| request.keys.len()).sum();
    if !(1..=MAX_KEYS).contains(&number) {
        let message = "Too many items requested for the BatchGetItem call";
        return Err(Failure::validation(format!("{message}: {number}, not 1 to {MAX_KEYS}")));
    }
    for (name, request) in &request.request_items {
        let table = tables.get(name)?;
        let keys = request.keys.iter().map(|key| table.key_of(key)).collect::<Result<BTreeSet<_>, _>>()?;
        if keys.len() < request.keys.len() {
            return Err(Failure::validation("Provided list of item keys contains duplicates"));
        }
    }
    let (mut responses, mut unprocessed) = (BTreeMap::new(), BTreeMap::new());
    for (name, mut request) in request.request_items {
        let table = tables.get_mut(&name)?;
        let names = request.expression_attribute_names.as_ref();
        let get = Get::parse(request.projection_expression.as_ref(), names, request.consistent_read)?;
        let (mut items, mut throttled) = (Vec::with_capacity(request.keys.len()), Vec::new());
        for key in request.keys {
            let id = table.key_of(&key)?.to_owned();
            match get.read(table, &id, meter) {
                Ok(item) => items.extend(item),
                Err(AtLimit) => throttled.push(key),
            }
        }
        if !throttled.is_empty() {
            request.keys = throttled;
            unprocessed.insert(name.clone(), request);
        }
        responses.insert(name, items);
    }
    let left: usize = unprocessed.values().map(|request| request.keys.len()).sum();
    match unprocessed.keys().next() {
        Some(table) if left == number => Err(throttled(table, "Read")),
        _ => write(&json!({ "Responses": responses, "UnprocessedKeys": unprocessed })),
    }
}
