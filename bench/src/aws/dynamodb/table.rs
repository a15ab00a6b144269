//! Tables: their items, the transactions that hold them, and their limits.
//!
//! Every item is a partition of its own, which takes 1,000 write units and 3,000 read units a second. In `DynamoDB`, items
//! share partitions until those are busy, so this is what a table is like that has split for heat:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>.

use std::collections::{BTreeMap, HashMap};

use serde_json::json;

use super::{
    super::{super::aws, bucket::Bucket, failure::Failure},
    value::{Item, Value},
};

const WRITE_UNITS_PER_SECOND: f64 = 1000.0;
const READ_UNITS_PER_SECOND: f64 = 3000.0;

/// The message of an item at its limit, for a table that is billed on demand.
pub(super) const THROTTLED: &str = "Throughput exceeds the current capacity of your table or index. DynamoDB is \
    automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a \
    hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";

/// The tables by name.
#[derive(Debug)]
pub(super) struct Tables(BTreeMap<&'static str, Table>);

/// A table with a partition key that is a text, and no sort key.
#[derive(Debug)]
pub(super) struct Table {
    /// The name of the key attribute.
    pub(super) key: &'static str,
    places: HashMap<String, Place>,
}

/// Where an item is, or may be put.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) item: Option<Item>,
    /// Whether a transaction in progress holds it.
    pub(super) is_held: bool,
    writes: Bucket,
    reads: Bucket,
}

impl Tables {
    /// These tables, empty.
    pub(super) fn new(tables: &[aws::Table]) -> Self {
        let table = |&aws::Table { name, key }: &_| (name, Table { key, places: HashMap::new() });
        Self(tables.iter().map(table).collect())
    }

    pub(super) fn clear(&mut self) {
        for table in self.0.values_mut() {
            table.places.clear();
        }
    }

    pub(super) fn get(&self, name: &str) -> Result<&Table, Failure> {
        self.0.get(name).ok_or_else(|| not_found(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Result<&mut Table, Failure> {
        self.0.get_mut(name).ok_or_else(|| not_found(name))
    }

    /// The tables with this key attribute.
    pub(super) fn with_key(&self, key: &str) -> impl Iterator<Item = &Table> {
        self.0.values().filter(move |table| table.key == key)
    }
}

fn not_found(name: &str) -> Failure {
    let shape = "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException";
    Failure::new(shape, format!("Requested resource not found: Table: {name} not found"))
}

impl Table {
    pub(super) fn place(&mut self, key: &str) -> &mut Place {
        self.places.entry(key.to_owned()).or_insert_with(Place::new)
    }

    /// The item with this key.
    pub(super) fn item(&self, key: &str) -> Option<&Item> {
        self.places.get(key)?.item.as_ref()
    }

    /// The items that exist.
    pub(super) fn items(&self) -> impl Iterator<Item = (&str, &Item)> {
        self.places.iter().filter_map(|(key, place)| Some((key.as_str(), place.item.as_ref()?)))
    }

    /// The value of the key attribute of an item.
    pub(super) fn key_in<'i>(&self, item: &'i Item) -> Result<&'i str, Failure> {
        let key = self.key;
        match item.get(key) {
            Some(Value::S(value)) if (1..=2048).contains(&value.len()) => Ok(value),
            Some(Value::S(_)) => Err(Failure::validation(format!(
                "One or more parameter values are not valid. The key {key} must have 1 to 2048 bytes"
            ))),
            Some(_) => Err(Failure::validation(format!(
                "One or more parameter values were invalid: Type mismatch for key {key} expected: S"
            ))),
            None => Err(Failure::validation(format!(
                "One or more parameter values were invalid: Missing the key {key} in the item"
            ))),
        }
    }

    /// The value of the key attribute in a key, which has no other attributes.
    pub(super) fn key_of<'i>(&self, key: &'i Item) -> Result<&'i str, Failure> {
        if key.len() != 1 || !key.contains_key(self.key) {
            return Err(Failure::validation("The provided key element does not match the schema"));
        }
        self.key_in(key)
    }
}

impl Place {
    fn new() -> Self {
        let (writes, reads) = (Bucket::new(WRITE_UNITS_PER_SECOND), Bucket::new(READ_UNITS_PER_SECOND));
        Self { item: None, is_held: false, writes, reads }
    }

    /// Takes write units, unless the item is at its limit.
    #[expect(clippy::cast_precision_loss, reason = "at most 800 units")]
    pub(super) fn take_writes(&mut self, units: u64) -> bool {
        self.writes.take(units as f64)
    }

    /// Takes read units, in halves, unless the item is at its limit.
    #[expect(clippy::cast_precision_loss, reason = "at most 400 halves")]
    pub(super) fn take_reads(&mut self, half_units: u64) -> bool {
        self.reads.take(half_units as f64 / 2.0)
    }
}

/// The failure of a call on an item that is at its limit.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ThrottlingReason.html>.
pub(super) fn throttled(table: &str, operation: &str) -> Failure {
    let reason = json!([{
        "reason": format!("Table{operation}KeyRangeThroughputExceeded"),
        "resource": format!("arn:aws:dynamodb:us-east-1:123456789012:table/{table}"),
    }]);
    let shape = "com.amazon.coral.availability#ThrottlingException";
    Failure::new(shape, THROTTLED).with("throttlingReasons", reason)
}

/// The write units of an item: one for each KB, rounded up.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>.
pub(super) fn write_units(bytes: usize) -> u64 {
    bytes.div_ceil(1024).max(1) as u64
}

/// The read units of an item in halves: one for each 4 KB, rounded up, and twice as many if the read is consistent.
pub(super) fn half_read_units(bytes: usize, is_consistent: bool) -> u64 {
    let blocks = bytes.div_ceil(4096).max(1) as u64;
    if is_consistent { 2 * blocks } else { blocks }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_of_a_kilobyte_to_write_and_of_four_to_read() {
        assert_eq!([0, 1, 1024, 1025, 4096].map(write_units), [1, 1, 1, 2, 4]);
        assert_eq!([0, 4096, 4097].map(|bytes| half_read_units(bytes, false)), [1, 1, 2]);
        assert_eq!([0, 4096, 4097].map(|bytes| half_read_units(bytes, true)), [2, 2, 4]);
    }
}
