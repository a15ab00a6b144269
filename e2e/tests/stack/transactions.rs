//! The simulated tables respond as the stack's do, so what tests prove on them holds.

use std::{collections::HashSet, fmt::Debug, sync::Arc};

use aws_sdk_dynamodb::types::AttributeValue;
use counting::{
    Cell, Cells, CountCells, Ledger, Like, MAX_KEYS, MAX_LIKES, Tables, Token, Transact, TransactError,
    Transaction,
};
use e2e::{Stack, eventually, new_key, new_movie};
use like::{LikeEvent, MovieId};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use simulation::{Faults, Invocation, Queue};
use tables::{Count, MovieCount, ReadCounts};

fn like(movie: &MovieId) -> Like {
    let event = LikeEvent::new(new_key(), movie.clone(), None);
    Like { key: event.key(), event, positions: vec![0] }
}

fn tables(stack: &Stack) -> Tables {
    Tables::new(
        stack.dynamodb.clone(),
        stack.outputs.ledger_table.clone(),
        stack.outputs.counts_table.clone(),
    )
}

/// The part of a result that must be the same on the simulated tables and the stack's.
fn outcome<E: Debug>(result: Result<(), TransactError<E>>) -> String {
    match result {
        Ok(()) => "carried out".into(),
        Err(TransactError::Cancelled { likes, count }) => format!("cancelled: {likes:?} {count:?}"),
        Err(error) => format!("{error:?}"),
    }
}

/// The movie's current count. The API's eventually consistent reads may lag behind.
async fn count(stack: &Stack, movie: &MovieId) -> Option<MovieCount> {
    let (client, table) = (&stack.dynamodb, stack.outputs.counts_table.as_str());
    let read = ReadCounts { client, table, attributes: Count::ALL, consistent: true };
    Some(read.read([movie.as_str()], || []).await.unwrap().remove(movie.as_str())?.unwrap())
}

async fn likes_of(stack: &Stack, movie: &MovieId) -> Option<u64> {
    count(stack, movie).await.map(|count| count.likes())
}

/// Deletes the items that a test wrote without an event on the stream.
async fn clean_up(stack: &Stack, movie: &MovieId, likes: &[Like]) {
    for cell in count(stack, movie).await.map(|count| count.cells).unwrap_or_default() {
        let counts = stack.dynamodb.delete_item().table_name(&stack.outputs.counts_table);
        counts.key("movieId", AttributeValue::S(cell.movie_id)).send().await.unwrap();
    }
    for like in likes {
        let ledger = stack.dynamodb.delete_item().table_name(&stack.outputs.ledger_table);
        ledger.key("likeKey", AttributeValue::S(like.key.to_string())).send().await.unwrap();
    }
}

#[tokio::test]
async fn random_transactions_have_the_same_outcome_on_the_simulation_and_on_the_stack() {
    let stack = Stack::find().await;
    let movie: MovieId = new_movie().parse().unwrap();
    let likes: Vec<_> = (0..24).map(|_| like(&movie)).collect();
    let (real, simulated) = (tables(&stack), simulation::Tables::new(Faults::none()));
    let of_cells = Invocation::new(simulated.clone(), Queue::new(Faults::none()), Arc::default());
    let some_likes = proptest::sample::subsequence(likes.clone(), 1..8);
    let some_cells = (0..3_u32).prop_map(|doubled| Cells::try_from(2_u8.pow(doubled)).unwrap());
    let some_step = (some_likes, some_cells, 0..64_u64, prop::bool::weighted(0.2));
    let mut runner = TestRunner::default();
    let (mut carried_out, mut cancelled) = (0, 0);
    for _ in 0..80 {
        let (likes, assumed, shard, spread) = some_step.new_tree(&mut runner).unwrap().current();
        if spread {
            let more = assumed.doubled().unwrap();
            let expected = of_cells.spread(&movie, assumed, more).await.unwrap();
            assert_eq!(real.spread(&movie, assumed, more).await.unwrap(), expected, "{assumed:?}");
        }
        assert_eq!(real.cells(&movie).await.unwrap(), simulated.number_of_cells(&movie));
        let cell = assumed.of_shard(shard);
        let transaction = Transaction { movie: &movie, likes: &likes, cell, token: Token::new() };
        let expected = outcome(simulated.apply(transaction));
        assert_eq!(outcome(real.transact(transaction).await), expected, "{likes:?} {cell:?}");
        if expected == "carried out" {
            carried_out += 1;
        } else {
            cancelled += 1;
        }
        assert_eq!(likes_of(&stack, &movie).await, simulated.counts().get(movie.as_str()).copied());
    }
    assert!(carried_out > 0 && cancelled > 0, "{carried_out} {cancelled}");
    clean_up(&stack, &movie, &likes).await;
}

/// Makes all cells of a count as old as if they had last been written two minutes ago.
async fn age(stack: &Stack, movie: &MovieId) {
    let updated = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(2);
    for cell in count(stack, movie).await.unwrap().cells {
        let update = stack.dynamodb.update_item().table_name(&stack.outputs.counts_table);
        let update = update
            .key("movieId", AttributeValue::S(cell.movie_id))
            .update_expression("SET updatedAt = :then");
        update
            .expression_attribute_values(":then", AttributeValue::S(format!("{updated:.3}")))
            .send()
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn cells_are_folded_into_one_once_no_other_shard_has_added_to_them_for_a_minute() {
    let stack = Stack::find().await;
    let movie: MovieId = new_movie().parse().unwrap();
    let likes: Vec<_> = (0..8).map(|_| like(&movie)).collect();
    let real = tables(&stack);
    let four = Cells::try_from(4).unwrap();
    assert!(real.spread(&movie, Cells::ONE, four).await.unwrap());
    for (shard, likes) in (0..).zip(likes.chunks(2)) {
        let transaction =
            Transaction { movie: &movie, likes, cell: four.of_shard(shard), token: Token::new() };
        real.transact(transaction).await.unwrap();
    }
    assert_eq!(stack.api.counts(&[movie.as_str()]).await, [8]);

    let mine = four.of_shard(1);
    assert_eq!(real.fold(&movie, mine).await.unwrap(), four, "the others are not quiet");
    age(&stack, &movie).await;
    assert_eq!(real.fold(&movie, mine).await.unwrap(), Cells::ONE);
    let count = count(&stack, &movie).await.unwrap();
    assert_eq!((count.cells.len(), count.likes()), (1, 8));
    assert_eq!(stack.api.counts(&[movie.as_str()]).await, [8]);
    clean_up(&stack, &movie, &likes).await;
}

#[tokio::test]
async fn a_retry_of_a_transaction_that_was_carried_out_succeeds_and_counts_nothing() {
    let stack = Stack::find().await;
    let movie: MovieId = new_movie().parse().unwrap();
    let likes: Vec<_> = (0..3).map(|_| like(&movie)).collect();
    let (real, simulated) = (tables(&stack), simulation::Tables::new(Faults::none()));
    let transaction = Transaction { movie: &movie, likes: &likes, cell: Cell::ONLY, token: Token::new() };
    for _ in 0..2 {
        assert_eq!(outcome(real.transact(transaction).await), "carried out");
        assert_eq!(outcome(simulated.apply(transaction)), "carried out");
    }
    assert_eq!(likes_of(&stack, &movie).await, Some(3));
    assert_eq!(simulated.counts()[movie.as_str()], 3);
    clean_up(&stack, &movie, &likes).await;
}

#[tokio::test]
async fn a_lookup_finds_the_counted_likes_and_no_others() {
    let stack = Stack::find().await;
    let movie: MovieId = new_movie().parse().unwrap();
    let likes: Vec<_> = (0..MAX_KEYS).map(|_| like(&movie)).collect();
    let (counted, others) = likes.split_at(40);
    let real = tables(&stack);
    real.transact(Transaction { movie: &movie, likes: counted, cell: Cell::ONLY, token: Token::new() })
        .await
        .unwrap();

    let keys = |likes: &[Like]| likes.iter().map(|like| like.key.clone()).collect::<Vec<_>>();
    let found =
        eventually(async || real.duplicates(&keys(&likes)).await.unwrap(), |found| found.len() >= 40).await;
    assert_eq!(found, HashSet::from_iter(keys(counted)));
    assert_eq!(real.duplicates(&keys(others)).await.unwrap(), HashSet::new());
    clean_up(&stack, &movie, &likes).await;
}

#[tokio::test]
async fn a_transaction_may_have_a_hundred_items_and_no_more() {
    let stack = Stack::find().await;
    let movie: MovieId = new_movie().parse().unwrap();
    let likes: Vec<_> = (0..=MAX_LIKES).map(|_| like(&movie)).collect();
    let real = tables(&stack);

    let transact = async |likes| {
        real.transact(Transaction { movie: &movie, likes, cell: Cell::ONLY, token: Token::new() }).await
    };
    let too_large = transact(&likes).await;
    assert!(matches!(too_large, Err(TransactError::Rejected(_))), "{too_large:?}");
    let largest = transact(&likes[1..]).await;
    assert!(largest.is_ok(), "{largest:?}");
    clean_up(&stack, &movie, &likes).await;
}
