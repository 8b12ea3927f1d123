//! Which requests share a statement, and which responses they get.

mod support;

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use pg_batch::{BatchConfig, BatchError, CoalescedReads, Event, Failure};
use tokio::task::{LocalSet, spawn_local};

use support::{Error, FakeDatabase};

const ONE_WORKER: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 1024,
};

/// The response to a number is its double; 13 fails the statement, 666 panics.
fn doubles(database: &FakeDatabase, config: BatchConfig) -> CoalescedReads<u32, u32, Error> {
    CoalescedReads::new(database.clone(), config, |db, numbers: &[u32]| {
        async move {
            db.run(numbers.to_vec()).await;
            assert!(!numbers.contains(&666), "a bug");
            match numbers.contains(&13) {
                true => Err(Error::Failed(Failure::Connection)),
                false => Ok(numbers.iter().map(|number| number * 2).collect()),
            }
        }
        .boxed()
    })
}

#[tokio::test]
async fn equal_requests_of_one_turn_are_sent_once_and_different_ones_in_one_statement() {
    let database = FakeDatabase::open();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let responses = local.run_until(async {
        let coalescer = reads.for_worker();
        join_all([1, 2, 1, 3, 2].map(|number| coalescer.read(number))).await
    });
    let expected = [2, 4, 2, 6, 4].map(Ok);
    assert_eq!(responses.await, expected);
    assert_eq!(database.statements().await, [[1, 2, 3]]);
}

#[tokio::test]
async fn equal_requests_of_two_coalescers_are_sent_once() {
    let database = FakeDatabase::closed();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let responses = local.run_until(async {
        let [first, second] = [reads.for_worker(), reads.for_worker()];
        // The worker is busy with 0, so both messages wait for the next statement.
        let waiting = async {
            database.begun(1).await;
            let sent = join_all([first.read(7), second.read(7), second.read(8)]);
            let opened = async {
                tokio::task::yield_now().await;
                database.let_through(9);
            };
            tokio::join!(sent, opened).0
        };
        tokio::join!(reads.read(0), waiting).1
    });
    assert_eq!(responses.await, [14, 14, 16].map(Ok));
    assert_eq!(database.statements().await.concat().len(), 3);
}

#[tokio::test]
async fn a_request_that_arrives_while_an_equal_one_runs_joins_the_next_statement() {
    let database = FakeDatabase::closed();
    let reads = doubles(&database, ONE_WORKER);
    let late = async {
        database.begun(1).await;
        let response = reads.read(1);
        database.let_through(2);
        response.await
    };
    assert_eq!(tokio::join!(reads.read(1), late), (Ok(2), Ok(2)));
    assert_eq!(database.statements().await, [[1], [1]]);
}

#[tokio::test]
async fn a_request_whose_callers_are_all_dropped_is_not_sent() {
    let database = FakeDatabase::closed();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let run = local.run_until(async {
        let coalescer = std::rc::Rc::new(reads.for_worker());
        let read = |number| {
            let coalescer = coalescer.clone();
            spawn_local(async move { coalescer.read(number).await })
        };
        let busy = read(0);
        database.begun(1).await;
        let (given_up, kept) = (read(1), read(2));
        tokio::task::yield_now().await;
        given_up.abort();
        assert!(given_up.await.is_err());
        database.let_through(2);
        assert_eq!(
            (busy.await.ok(), kept.await.ok()),
            (Some(Ok(0)), Some(Ok(4)))
        );
    });
    run.await;
    assert_eq!(database.statements().await, [[0], [2]]);
}

#[tokio::test]
async fn more_than_64_different_requests_of_one_turn_all_get_a_response() {
    let database = FakeDatabase::open();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let responses = local.run_until(async {
        let coalescer = reads.for_worker();
        join_all((100..300).map(|number| coalescer.read(number))).await
    });
    let expected: Vec<_> = (100..300).map(|number| Ok(number * 2)).collect();
    assert_eq!(responses.await, expected);
}

#[tokio::test]
async fn workers_share_the_waiting_requests_and_respect_the_largest_batch() {
    let database = FakeDatabase::closed();
    let config = BatchConfig {
        workers: 2,
        max_batch_size: 3,
    };
    let reads = doubles(&database, config);
    let run = async {
        database.begun(2).await;
        database.let_through(100);
    };
    let responses = join_all((20..40).map(|number| reads.read(number)));
    let (responses, ()) = tokio::join!(responses, run);
    assert!(responses.iter().all(Result::is_ok));
    let statements = database.statements().await;
    assert!(
        statements.iter().all(|items| items.len() <= 3),
        "{statements:?}"
    );
    assert_eq!(statements.concat().len(), 20);
}

#[tokio::test]
async fn a_failed_statement_fails_its_requests_and_a_suspect_connection_is_discarded() {
    let database = FakeDatabase::open();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let responses = local.run_until(async {
        let coalescer = reads.for_worker();
        join_all([13, 1].map(|number| coalescer.read(number))).await
    });
    let failed = || Err(Error::Failed(Failure::Connection));
    assert_eq!(responses.await, [failed(), failed()]);
    assert_eq!(database.discarded(), 1);
    assert_eq!(reads.read(1).await, Ok(2));
    assert_eq!((database.acquired(), database.discarded()), (2, 1));
}

#[tokio::test]
async fn a_panic_fails_its_batch_discards_the_connection_and_leaves_the_worker_running() {
    let database = FakeDatabase::open();
    let reads = doubles(&database, ONE_WORKER);
    assert_eq!(
        reads.read(666).await,
        Err(Error::Batch(BatchError::Aborted))
    );
    assert_eq!(database.discarded(), 1);
    assert_eq!(reads.read(1).await, Ok(2));
}

#[tokio::test]
async fn a_statement_that_takes_too_long_fails_and_loses_its_connection() {
    let database = FakeDatabase::closed_with_timeout(Duration::from_millis(1));
    let reads = doubles(&database, ONE_WORKER);
    let outcome = reads.read(1).await;
    assert!(
        matches!(outcome, Err(Error::Batch(BatchError::TimedOut(_)))),
        "{outcome:?}"
    );
    assert_eq!(database.discarded(), 1);
}

#[tokio::test]
async fn a_function_that_returns_too_few_results_fails_the_whole_batch() {
    let reads = CoalescedReads::new(FakeDatabase::open(), ONE_WORKER, |_, _: &[u32]| {
        async { Ok(Vec::<u32>::new()) }.boxed()
    });
    let expected = BatchError::WrongCount {
        expected: 1,
        returned: 0,
    };
    assert_eq!(reads.read(1).await, Err(Error::Batch(expected)));
}

#[tokio::test]
async fn a_request_that_finds_the_queue_full_fails_at_once() {
    let database = FakeDatabase::closed();
    let reads = doubles(&database, ONE_WORKER);
    let sent = join_all((0..2 * pg_batch::QUEUE_CAPACITY as u32).map(|_| reads.read(1)));
    let opened = async {
        database.begun(1).await;
        database.let_through(100);
    };
    let (responses, ()) = tokio::join!(sent, opened);
    let full = Err(Error::Batch(BatchError::QueueFull));
    let refused = responses
        .iter()
        .filter(|response| **response == full)
        .count();
    assert!(refused > 0);
    assert_eq!(
        responses
            .iter()
            .filter(|response| **response == Ok(2))
            .count(),
        responses.len() - refused
    );
}

#[tokio::test]
async fn the_database_is_told_how_many_callers_a_batch_serves_and_when_it_has_ended() {
    let database = FakeDatabase::open();
    let reads = doubles(&database, ONE_WORKER);
    let local = LocalSet::new();
    let responses = local.run_until(async {
        let coalescer = reads.for_worker();
        join_all([1, 2, 1, 3, 2].map(|number| coalescer.read(number))).await
    });
    assert_eq!(responses.await.len(), 5);
    while database.events().len() < 3 {
        tokio::task::yield_now().await;
    }
    let events = database.events();
    let [Event::Started, began, ended] = &events[..] else {
        panic!("{events:?}");
    };
    let Event::Began {
        requests,
        in_flight,
    } = began
    else {
        panic!("{events:?}");
    };
    assert_eq!((*requests, *in_flight), (5, 3));
    assert!(
        matches!(ended, Event::Ended { in_flight: 0, .. }),
        "{events:?}"
    );
}
