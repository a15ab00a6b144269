//! The metrics of an invocation, which are also its line in the log.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use counting::{Cell, Cells, CountCells, Ledger, Outcome, Reason, Transact, TransactError, Transaction};
use like::{LikeKey, MovieId};
use metrique::{emf::flags::NoMetric, unit::Millisecond, unit_of_work::metrics};
use metrique_aggregation::histogram::{Histogram, SortAndMerge};
use startup::metrics::Count;

use crate::{quarantine::shard_id, record::Outcomes};

/// The metrics of one invocation of `UpdateCount`.
#[metrics(rename_all = "PascalCase")]
#[derive(Default)]
pub struct BatchMetrics {
    request_id: String,
    shard_id: String,
    first_sequence_number: String,
    last_sequence_number: String,
    /// Records of the batch.
    #[metrics(flags(NoMetric))]
    records: usize,
    /// Likes that were added to a count. Always present, to be compared with the likes accepted.
    #[metrics(unit = metrique::unit::Count)]
    counted: usize,
    /// Lines with a like that was counted before.
    #[metrics(unit = metrique::unit::Count)]
    duplicates: Count,
    /// Records that were quarantined.
    #[metrics(unit = metrique::unit::Count)]
    quarantined: Count,
    /// Records that must be redelivered.
    #[metrics(unit = metrique::unit::Count)]
    unfinished: Count,
    /// The time from a like's arrival on the stream, which is when it is accepted, until it is counted.
    #[metrics(unit = Millisecond)]
    counting_lag: Histogram<Duration, SortAndMerge>,
    #[metrics(flatten)]
    transactions: TransactionMetrics,
}

/// The metrics of an invocation's transactions.
#[metrics(subfield_owned)]
#[derive(Default)]
pub(crate) struct TransactionMetrics {
    /// Transactions that were started.
    #[metrics(unit = metrique::unit::Count)]
    transactions: Count,
    /// Likes of each transaction that succeeded.
    #[metrics(unit = metrique::unit::Count)]
    likes_per_transaction: Histogram<usize, SortAndMerge>,
    /// Transactions that were cancelled since the ledger already had an entry.
    #[metrics(unit = metrique::unit::Count)]
    cancelled_by_duplicates: Count,
    /// Transactions that were cancelled by another transaction or by throttling.
    #[metrics(unit = metrique::unit::Count)]
    cancelled_by_contention: Count,
    /// Transactions that were cancelled since an entry or a count can never be written.
    #[metrics(unit = metrique::unit::Count)]
    cancelled_for_good: Count,
    /// Counts whose cells were doubled.
    #[metrics(flags(NoMetric))]
    spread: Count,
    /// Counts whose cells were folded.
    #[metrics(flags(NoMetric))]
    folded: Count,
    /// Transactions that `DynamoDB` did not acknowledge.
    #[metrics(unit = metrique::unit::Count)]
    unacknowledged: Count,
    /// Transactions that `DynamoDB` rejected, for example for a missing permission.
    #[metrics(unit = metrique::unit::Count)]
    rejected: Count,
}

impl BatchMetrics {
    /// Metrics of the invocation with this request id.
    #[must_use]
    pub fn new(request_id: String) -> Self {
        Self { request_id, ..Self::default() }
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// Sets the numbers of likes.
    pub(crate) fn set_counted(&mut self, records: &[KinesisEventRecord], outcomes: &Outcomes) {
        self.duplicates += outcomes.numbers(&Outcome::Duplicate).sum();
        for (record, counted) in records.iter().zip(outcomes.numbers(&Outcome::Counted)) {
            let arrived = SystemTime::from(record.kinesis.approximate_arrival_timestamp.0);
            let lag = rounded(arrived.elapsed().unwrap_or_default());
            for _ in 0..counted {
                self.counting_lag.add_value(lag);
            }
            self.counted += counted;
        }
    }

    /// Sets what it took to count them.
    pub(crate) fn set_transactions(&mut self, transactions: TransactionMetrics) {
        self.transactions = transactions;
    }

    /// Sets where the records are on the stream, and the numbers of those that are not done.
    pub(crate) fn set_records(&mut self, records: &[KinesisEventRecord], outcomes: &[Outcome]) {
        let number = |record: Option<&KinesisEventRecord>| {
            record.map(|record| record.kinesis.sequence_number.clone()).unwrap_or_default()
        };
        records.first().map(shard_id).unwrap_or_default().clone_into(&mut self.shard_id);
        self.first_sequence_number = number(records.first());
        self.last_sequence_number = number(records.last());
        self.records = records.len();
        for outcome in outcomes {
            match outcome {
                Outcome::Quarantined(_) => self.quarantined += 1,
                Outcome::Unfinished => self.unfinished += 1,
                Outcome::Counted | Outcome::Duplicate => {}
            }
        }
    }
}

/// Tables whose transactions are counted.
pub(crate) struct Metered<'a, T> {
    tables: &'a T,
    metrics: Mutex<TransactionMetrics>,
}

impl<'a, T> Metered<'a, T> {
    pub(crate) fn new(tables: &'a T) -> Self {
        Self { tables, metrics: Mutex::default() }
    }

    pub(crate) fn into_metrics(self) -> TransactionMetrics {
        self.metrics.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn update(&self, update: impl FnOnce(&mut TransactionMetrics)) {
        update(&mut self.metrics.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl<T: Transact + Sync> Transact for Metered<'_, T> {
    type Error = T::Error;

    async fn transact(&self, transaction: Transaction<'_>) -> Result<(), TransactError<T::Error>> {
        self.update(|metrics| metrics.transactions += 1);
        let result = self.tables.transact(transaction).await;
        self.update(|metrics| match &result {
            Ok(()) => metrics.likes_per_transaction.add_value(transaction.likes.len()),
            Err(TransactError::Cancelled { likes, count }) => match cause(likes, count) {
                Reason::Exists => metrics.cancelled_by_duplicates += 1,
                Reason::Permanent(_) => metrics.cancelled_for_good += 1,
                Reason::OtherCells | Reason::Conflict | Reason::Throttled | Reason::None => {
                    metrics.cancelled_by_contention += 1;
                }
            },
            Err(TransactError::Transient(_)) => metrics.unacknowledged += 1,
            Err(TransactError::Rejected(_)) => metrics.rejected += 1,
        });
        result
    }
}

impl<T: CountCells + Sync> CountCells for Metered<'_, T> {
    async fn cells(&self, movie: &MovieId) -> Result<Cells, TransactError<T::Error>> {
        self.tables.cells(movie).await
    }

    async fn spread(&self, movie: &MovieId, from: Cells, to: Cells) -> Result<bool, TransactError<T::Error>> {
        let is_spread = self.tables.spread(movie, from, to).await?;
        self.update(|metrics| metrics.spread += usize::from(is_spread));
        Ok(is_spread)
    }

    async fn fold(&self, movie: &MovieId, mine: Cell) -> Result<Cells, TransactError<T::Error>> {
        let left = self.tables.fold(movie, mine).await?;
        self.update(|metrics| metrics.folded += usize::from(left == Cells::ONE));
        Ok(left)
    }
}

impl<T: Ledger + Sync> Ledger for Metered<'_, T> {
    type Error = T::Error;

    async fn duplicates(&self, keys: &[LikeKey]) -> Result<HashSet<LikeKey>, T::Error> {
        self.tables.duplicates(keys).await
    }
}

/// The gravest of the reasons for a cancellation.
fn cause<'a>(likes: &'a [Reason], count: &'a Reason) -> &'a Reason {
    let gravity = |reason: &&Reason| match reason {
        Reason::None => 0,
        Reason::OtherCells | Reason::Conflict | Reason::Throttled => 1,
        Reason::Exists => 2,
        Reason::Permanent(_) => 3,
    };
    likes.iter().chain([count]).max_by_key(gravity).unwrap_or(count)
}

/// Rounds a time to one of four values for each power of two, in milliseconds: `CloudWatch` takes at most 100 values of a
/// metric from a line.
///
/// See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.
fn rounded(time: Duration) -> Duration {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let step = 1 << milliseconds.max(4).ilog2().saturating_sub(2);
    Duration::from_millis(milliseconds.saturating_add(step / 2) / step * step)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_line_has_at_most_100_values_of_the_lag_each_within_an_eighth() {
        let mut values = BTreeSet::new();
        for time in (0..600_000).map(Duration::from_millis) {
            let value = rounded(time);
            assert!(value.abs_diff(time) <= time / 8, "{time:?} is rounded to {value:?}");
            values.insert(value);
        }
        assert!(values.len() <= 100, "{}", values.len());
    }
}
