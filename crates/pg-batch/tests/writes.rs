//! Which items share a transaction, and that each gets its own outcome.

#[expect(dead_code, reason = "the tests of reads use the rest")]
mod support;

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use futures_util::future::join_all;
use pg_batch::{BatchConfig, Failure, GroupedWrites};

use support::{Error, FakeDatabase};

const ONE_WORKER: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 64,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Stored(u32),
    Duplicate,
}

/// 13 is a row that the database refuses; 40 loses `races` races.
fn writes(database: &FakeDatabase, races: u32) -> GroupedWrites<u32, Outcome, Error> {
    let races = AtomicU32::new(races);
    GroupedWrites::with_unique_keys(
        database.clone(),
        ONE_WORKER,
        |item| (*item >= 100).then_some(item / 100),
        || Outcome::Duplicate,
        move |db, items: &[&u32]| {
            let items: Vec<u32> = items.iter().map(|item| **item).collect();
            let loses = items.contains(&40)
                && races
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok();
            async move {
                db.run(items.clone()).await;
                if loses {
                    return Err(Error::Failed(Failure::Race));
                }
                if items.contains(&13) {
                    return Err(Error::Failed(Failure::Row));
                }
                Ok(items.into_iter().map(Outcome::Stored).collect())
            }
            .boxed()
        },
    )
}

/// The outcomes of items that are submitted while another statement runs, so that they share the next one.
async fn write_together(
    database: &FakeDatabase,
    writes: &GroupedWrites<u32, Outcome, Error>,
    items: &[u32],
) -> Vec<Result<Outcome, Error>> {
    let waiting = async {
        database.begun(1).await;
        let submitted = join_all(items.iter().map(|item| writes.write(*item)));
        let (outcomes, ()) = tokio::join!(submitted, async { database.let_through(1000) });
        outcomes
    };
    tokio::join!(writes.write(0), waiting).1
}

fn stored(item: u32) -> Result<Outcome, Error> {
    Ok(Outcome::Stored(item))
}

#[tokio::test]
async fn items_that_wait_together_share_one_statement() {
    let database = FakeDatabase::closed();
    let writes = writes(&database, 0);
    let outcomes = write_together(&database, &writes, &[1, 2, 3]).await;
    assert_eq!(outcomes, [1, 2, 3].map(stored));
    assert_eq!(database.statements().await, [vec![0], vec![1, 2, 3]]);
}

#[tokio::test]
async fn a_refused_row_fails_alone() {
    let database = FakeDatabase::closed();
    let writes = writes(&database, 0);
    let outcomes = write_together(&database, &writes, &[1, 2, 13, 4, 5]).await;
    let refused = Err(Error::Failed(Failure::Row));
    let expected = [stored(1), stored(2), refused, stored(4), stored(5)];
    assert_eq!(outcomes, expected);
    let statements = database.statements().await;
    assert_eq!(statements[1..3], [vec![1, 2, 13, 4, 5], vec![1, 2]]);
    assert_eq!(database.discarded(), 0);
}

#[tokio::test]
async fn a_lost_race_is_tried_again_three_times_for_one_item() {
    for (races, is_stored) in [(2, true), (3, false)] {
        let database = FakeDatabase::open();
        let outcome = writes(&database, races).write(40).await;
        assert_eq!(outcome.is_ok(), is_stored, "{outcome:?}");
        assert_eq!(database.statements().await.len(), 3);
    }
}

#[tokio::test]
async fn a_lost_race_of_a_batch_harms_none_of_its_items() {
    let database = FakeDatabase::closed();
    let writes = writes(&database, 2);
    let outcomes = write_together(&database, &writes, &[1, 40, 3, 4]).await;
    assert_eq!(outcomes, [1, 40, 3, 4].map(stored));
}

#[tokio::test]
async fn of_equal_keys_in_a_batch_only_the_first_is_written() {
    let database = FakeDatabase::closed();
    let writes = writes(&database, 0);
    let outcomes = write_together(&database, &writes, &[101, 1, 102, 201]).await;
    let expected = [stored(101), stored(1), Ok(Outcome::Duplicate), stored(201)];
    assert_eq!(outcomes, expected);
    // The key is free again in the next batch.
    assert_eq!(writes.write(102).await, stored(102));
}
