//! `DynamoDB`: tables billed on demand, with the operations that the functions and their peers use.
//!
//! A member, an expression or an operation that is not supported is an error that names it.

mod condition;
mod expression;
mod read;
mod table;
#[cfg(test)]
mod tests;
mod transaction;
mod update;
mod value;
mod write;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::json;
use tokio::time::sleep;

use self::{
    table::{Tables, throttled},
    transaction::{ONGOING, Prepared, Tokens, TransactWriteItems},
    value::Value,
    write::{Kind, Rejection, Request, Write},
};
use super::{
    failure::{self, Failure},
    usage::Meter,
};

/// The key attribute of the table of counts, and the attribute with a cell's likes.
const MOVIE_ID: &str = "movieId";
const LIKES: &str = "likes";

/// The tables.
#[derive(Debug)]
pub(super) struct DynamoDb {
    state: Mutex<State>,
    latency: Duration,
    transaction_latency: Duration,
    meter: Arc<Meter>,
}

#[derive(Debug)]
struct State {
    tables: Tables,
    tokens: Tokens,
}

impl DynamoDb {
    /// These tables, empty.
    pub(super) fn new(
        tables: &[super::Table],
        latency: Duration,
        transaction_latency: Duration,
        meter: Arc<Meter>,
    ) -> Self {
        let state = State { tables: Tables::new(tables), tokens: Tokens::default() };
        Self { state: Mutex::new(state), latency, transaction_latency, meter }
    }

    /// Forgets all items and tokens.
    pub(super) fn clear(&self) {
        let State { tables, tokens } = &mut *self.lock();
        tables.clear();
        tokens.clear();
    }

    /// The likes of a movie: the sum over its cells, whose keys are the movie's id, `ID#1`, `ID#2` and so on.
    pub(super) fn likes(&self, movie: &str) -> u64 {
        let state = self.lock();
        let items = state.tables.with_key(MOVIE_ID).flat_map(table::Table::items);
        let cells = items.filter(|(key, _)| key.split('#').next() == Some(movie));
        cells
            .filter_map(
                |(_, item)| if let Value::N(likes) = item.get(LIKES)? { likes.to_u64() } else { None },
            )
            .sum()
    }

    pub(super) async fn call(&self, operation: &str, body: &[u8]) -> Result<Vec<u8>, Failure> {
        if operation == "TransactWriteItems" {
            return self.transact(body).await;
        }
        sleep(self.latency).await;
        match operation {
            "PutItem" => self.write(Kind::Put, body),
            "UpdateItem" => self.write(Kind::Update, body),
            "DeleteItem" => self.write(Kind::Delete, body),
            "GetItem" => read::get_item(&mut self.lock().tables, &self.meter, body),
            "BatchGetItem" => read::batch_get_item(&mut self.lock().tables, &self.meter, body),
            _ => Err(Failure::unknown_operation(&format!("DynamoDB_20120810.{operation}"))),
        }
    }

    fn write(&self, kind: Kind, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let request: Request = failure::read(body)?;
        let mut state = self.lock();
        let table = state.tables.get_mut(&request.table_name)?;
        let write = Write::parse(kind, &request, table)?;
        let place = table.place(write.key);
        let plan = write.plan(place.item.as_ref());
        if !place.take_writes(plan.units) {
            return Err(throttled(&request.table_name, "Write"));
        }
        self.meter.count(|usage| usage.write_units += plan.units);
        let shape = |name| format!("com.amazonaws.dynamodb.v20120810#{name}");
        if place.is_held {
            return Err(Failure::new(shape("TransactionConflictException"), ONGOING));
        }
        match plan.result {
            Ok(after) => {
                let returned = write.returned(request.return_values, place.item.as_ref(), after.as_ref())?;
                place.item = after;
                failure::write(&returned.map_or(json!({}), |attributes| json!({ "Attributes": attributes })))
            }
            Err(Rejection::Mismatch(message)) => Err(Failure::validation(message)),
            Err(Rejection::Condition(item)) => {
                let message = "The conditional request failed";
                let failure = Failure::new(shape("ConditionalCheckFailedException"), message);
                Err(item.into_iter().fold(failure, |failure, item| failure.with("Item", json!(item))))
            }
        }
    }

    async fn transact(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let prepared = {
            let State { tables, tokens } = &mut *self.lock();
            failure::read::<TransactWriteItems>(body)
                .and_then(|request| request.prepare(tables, tokens, &self.meter))
        };
        match prepared {
            Ok(Prepared::Accepted(holds)) => {
                sleep(self.transaction_latency).await;
                let State { tables, tokens } = &mut *self.lock();
                holds.commit(tables, tokens);
                failure::write(&json!({}))
            }
            Ok(Prepared::Cancelled(holds, failure)) => {
                sleep(self.latency).await;
                let State { tables, tokens } = &mut *self.lock();
                holds.release(tables, tokens);
                Err(failure)
            }
            Ok(Prepared::Repeated) => {
                sleep(self.latency).await;
                failure::write(&json!({}))
            }
            Err(failure) => {
                sleep(self.latency).await;
                Err(failure)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
