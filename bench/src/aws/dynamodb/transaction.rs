//! Transactions, in two phases as in `DynamoDB`.
//!
//! - At its start, a transaction is prepared: each item that no other one holds is held, and its condition is checked. If
//!   any item is not acceptable, the transaction is cancelled with a reason for each. It lets go of its items when it
//!   responds.
//! - Meanwhile another transaction that has one of its items is cancelled, and a single write of one fails.
//! - Each item costs twice the write units, to prepare and to commit, also in a cancelled transaction. An item at its limit
//!   costs nothing.
//! - A request whose token is that of one that was carried out in the last 10 minutes writes nothing, and is charged as a
//!   read.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html> and
//! <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html>.

use std::{
    collections::{BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::{
    super::{failure::Failure, usage::Meter},
    table::{THROTTLED, Tables, half_read_units},
    value::{Item, size},
    write::{Kind, Outcome, Rejection, Request, ReturnValues, Unreturned, Write},
};

/// The maximum number of actions.
const MAX_ACTIONS: usize = 100;
/// How long a token is remembered.
const TOKEN_LIFETIME: Duration = Duration::from_mins(10);
/// The message of a write of an item that a transaction holds.
pub(super) const ONGOING: &str = "Transaction is ongoing for the item";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TransactWriteItems {
    transact_items: Vec<Action>,
    client_request_token: Option<String>,
    #[serde(default, rename = "ReturnConsumedCapacity")]
    _return_consumed_capacity: Unreturned,
    #[serde(default, rename = "ReturnItemCollectionMetrics")]
    _return_item_collection_metrics: Unreturned,
}

#[derive(Hash, Deserialize)]
enum Action {
    Put(Request),
    Update(Request),
    Delete(Request),
    ConditionCheck(Request),
}

impl Action {
    fn parts(&self) -> (Kind, &Request) {
        match self {
            Self::Put(request) => (Kind::Put, request),
            Self::Update(request) => (Kind::Update, request),
            Self::Delete(request) => (Kind::Delete, request),
            Self::ConditionCheck(request) => (Kind::ConditionCheck, request),
        }
    }
}

/// The tokens of requests, with a hash of what was requested.
#[derive(Debug, Default)]
pub(super) struct Tokens(HashMap<String, (u64, Progress)>);

#[derive(Debug, Clone, Copy)]
enum Progress {
    InProgress,
    Done(Instant),
}

/// What a transaction does when its time has passed.
#[derive(Debug)]
pub(super) enum Prepared {
    /// It writes items and lets go of them.
    Accepted(Holds),
    /// It lets go of items, and writes none.
    Cancelled(Holds, Failure),
    /// It does nothing, since it was carried out before.
    Repeated,
}

/// Items that a transaction holds.
#[derive(Debug)]
pub(super) struct Holds {
    token: Option<String>,
    items: Vec<Hold>,
}

#[derive(Debug)]
struct Hold {
    table: String,
    key: String,
    after: Outcome,
}

/// The reason of an action that is not accepted, and the item if it was asked for.
struct Reason {
    code: &'static str,
    message: &'static str,
    item: Option<Item>,
}

impl TransactWriteItems {
    /// Prepares it. An error is one of the request as a whole.
    pub(super) fn prepare(
        self,
        tables: &mut Tables,
        tokens: &mut Tokens,
        meter: &Meter,
    ) -> Result<Prepared, Failure> {
        let writes = self.writes(tables)?;
        let token = self.client_request_token.clone();
        if let Some(token) = &token
            && tokens.begin(token, hash(&self.transact_items))?
        {
            let units = |(table, write): &(&str, Write<'_>)| {
                let bytes = tables.get(table).ok().and_then(|table| table.item(write.key)).map_or(0, size);
                2 * half_read_units(bytes, true)
            };
            let units: u64 = writes.iter().map(units).sum();
            meter.count(|usage| usage.half_read_units += units);
            return Ok(Prepared::Repeated);
        }
        let mut holds = Holds { token, items: Vec::with_capacity(writes.len()) };
        let mut reasons = Vec::with_capacity(writes.len());
        let mut charged = 0;
        for (name, write) in writes {
            let place = tables.get_mut(name)?.place(write.key);
            let plan = write.plan(place.item.as_ref());
            let units = 2 * plan.units;
            if !place.take_writes(units) {
                reasons.push(Some(Reason::new("ThrottlingError", THROTTLED)));
                continue;
            }
            charged += units;
            if place.is_held {
                reasons.push(Some(Reason::new("TransactionConflict", ONGOING)));
                continue;
            }
            reasons.push(match plan.result {
                Ok(after) => {
                    place.is_held = true;
                    holds.items.push(Hold { table: name.to_owned(), key: write.key.to_owned(), after });
                    None
                }
                Err(Rejection::Condition(item)) => {
                    let (code, message) = ("ConditionalCheckFailed", "The conditional request failed");
                    Some(Reason { code, message, item })
                }
                Err(Rejection::Mismatch(message)) => Some(Reason::new("ValidationError", message)),
            });
        }
        let is_contended = |reason: &Reason| matches!(reason.code, "ThrottlingError" | "TransactionConflict");
        meter.count(|usage| {
            usage.write_units += charged;
            usage.cancelled += u64::from(reasons.iter().flatten().any(is_contended));
        });
        if reasons.iter().all(Option::is_none) {
            return Ok(Prepared::Accepted(holds));
        }
        Ok(Prepared::Cancelled(holds, cancelled(reasons)))
    }

    fn writes(&self, tables: &Tables) -> Result<Vec<(&str, Write<'_>)>, Failure> {
        let number = self.transact_items.len();
        if !(1..=MAX_ACTIONS).contains(&number) {
            let message = "Member must have length less than or equal to 100 and greater than or equal to 1";
            return Err(Failure::validation(format!("TransactItems has {number} actions. {message}")));
        }
        let writes = self.transact_items.iter().map(|action| {
            let (kind, request) = action.parts();
            if request.return_values != ReturnValues::None {
                return Err(Failure::unsupported(format!("ReturnValues in {kind:?} of a transaction")));
            }
            let table = tables.get(&request.table_name)?;
            Ok((request.table_name.as_str(), Write::parse(kind, request, table)?))
        });
        let writes = writes.collect::<Result<Vec<_>, Failure>>()?;
        if writes.iter().map(|(table, write)| (table, write.key)).collect::<BTreeSet<_>>().len() < number {
            return Err(Failure::validation(
                "Transaction request cannot include multiple operations on one item",
            ));
        }
        Ok(writes)
    }
}

fn hash(actions: &[Action]) -> u64 {
    let mut hasher = DefaultHasher::new();
    actions.hash(&mut hasher);
    hasher.finish()
}

impl Holds {
    /// Writes the items and lets go of them.
    pub(super) fn commit(self, tables: &mut Tables, tokens: &mut Tokens) {
        for Hold { table, key, after } in self.items {
            if let Ok(table) = tables.get_mut(&table) {
                let place = table.place(&key);
                (place.item, place.is_held) = (after, false);
            }
        }
        if let Some(token) = self.token {
            tokens.end(&token);
        }
    }

    /// Lets go of the items.
    pub(super) fn release(self, tables: &mut Tables, tokens: &mut Tokens) {
        for Hold { table, key, .. } in self.items {
            if let Ok(table) = tables.get_mut(&table) {
                table.place(&key).is_held = false;
            }
        }
        if let Some(token) = self.token {
            tokens.0.remove(&token);
        }
    }
}

impl Tokens {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes that a request with this token is in progress. Returns whether one was carried out.
    fn begin(&mut self, token: &str, hash: u64) -> Result<bool, Failure> {
        let shape = |name| format!("com.amazonaws.dynamodb.v20120810#{name}");
        if !(1..=36).contains(&token.len()) {
            return Err(Failure::validation("ClientRequestToken must have 1 to 36 characters"));
        }
        match self.0.get(token) {
            Some((_, Progress::Done(time))) if time.elapsed() >= TOKEN_LIFETIME => {}
            Some((before, _)) if *before != hash => {
                let message = "The request has the token of another one with different parameters";
                return Err(Failure::new(shape("IdempotentParameterMismatchException"), "").titled(message));
            }
            Some((_, Progress::InProgress)) => {
                let message = "The transaction with the given request token is already in progress";
                return Err(Failure::new(shape("TransactionInProgressException"), "").titled(message));
            }
            Some((_, Progress::Done(_))) => return Ok(true),
            None => {}
        }
        self.0.insert(token.to_owned(), (hash, Progress::InProgress));
        Ok(false)
    }

    fn end(&mut self, token: &str) {
        if let Some((_, progress)) = self.0.get_mut(token) {
            *progress = Progress::Done(Instant::now());
        }
    }
}

impl Reason {
    fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, item: None }
    }

    fn to_json(reason: Option<Self>) -> Json {
        match reason {
            None => json!({ "Code": "None" }),
            Some(Self { code, message, item: None }) => json!({ "Code": code, "Message": message }),
            Some(Self { code, message, item }) => json!({ "Code": code, "Message": message, "Item": item }),
        }
    }
}

fn cancelled(reasons: Vec<Option<Reason>>) -> Failure {
    let codes: Vec<_> =
        reasons.iter().map(|reason| reason.as_ref().map_or("None", |reason| reason.code)).collect();
    let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    let message = format!("{message} [{}]", codes.join(", "));
    let reasons: Vec<_> = reasons.into_iter().map(Reason::to_json).collect();
    Failure::new("com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "")
        .titled(message)
        .with("CancellationReasons", json!(reasons))
}
