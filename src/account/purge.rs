//! Deletes the rows of users who have deleted their account. Nothing shows such rows any more; a user may have any number
//! of them, so they are deleted in batches, like those that `activities` purges. Several servers may purge at once.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pg_batch::Lease;
use uuid::Uuid;

use super::store;
use crate::activities::ActivityMetrics;
use crate::db::{Connection, Job, Pool};
use crate::error::{Result, chain};

/// The maximum number of rows of one kind in a transaction.
const BATCH_SIZE: i64 = 1_000;
/// The same number, as a batch's result.
const FULL_BATCH: u64 = BATCH_SIZE.unsigned_abs();
/// The maximum number of users in one purge.
const MAX_USERS: i64 = 1_000;
/// The minimum pause between two purges.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(5);

/// Deletes a batch of the user's rows in one table, and returns their number.
type Step = for<'a> fn(&'a Connection, Uuid) -> BoxFuture<'a, Result<u64>>;

/// The tables besides `activities`, in an order that the statements expect; the user's own row is the last.
const STEPS: [Step; 7] = [
    |db, user| store::delete_reactions(db, user, BATCH_SIZE).boxed(),
    |db, user| store::delete_notifications(db, user, BATCH_SIZE).boxed(),
    |db, user| store::delete_notices(db, user, BATCH_SIZE).boxed(),
    |db, user| store::delete_blocks(db, user, BATCH_SIZE).boxed(),
    |db, user| store::delete_messages(db, user, BATCH_SIZE).boxed(),
    |db, user| store::leave_message_groups(db, user, BATCH_SIZE).boxed(),
    |db, user| store::delete_user(db, user).boxed(),
];

/// Purges until the task is aborted.
pub async fn purge_forever(pool: Pool, job: Job, metrics: ActivityMetrics) {
    // A failure of one does not keep the other from its turn.
    let purge = async || {
        let answers = purge_answers(&pool).await;
        answers.and(purge_users(&pool, &metrics).await)
    };
    job.repeat_forever(purge).await;
}

/// Deletes the stored answers to the writes of deleted accounts.
async fn purge_answers(pool: &Pool) -> Result<()> {
    loop {
        let deleted = pool
            .run(async |db| store::delete_answers(db, BATCH_SIZE).await)
            .await?;
        if deleted < FULL_BATCH {
            return Ok(());
        }
    }
}

async fn purge_users(pool: &Pool, metrics: &ActivityMetrics) -> Result<()> {
    let users = pool
        .run(async |db| store::list_deleted_users(db, MAX_USERS).await)
        .await?;
    for user in users {
        // A user whose rows are locked does not delay the others.
        if let Err(error) = purge_user(pool, user, metrics).await {
            tracing::debug!(
                error = chain(&error),
                "an account was not purged; trying again"
            );
        }
    }
    Ok(())
}

/// Deletes the user's rows, and at last the user, except what another transaction has locked.
async fn purge_user(pool: &Pool, user: Uuid, metrics: &ActivityMetrics) -> Result<()> {
    loop {
        let deletion = run(pool, |db| {
            store::delete_activities(db, user, BATCH_SIZE).boxed()
        });
        let deletion = deletion.await?;
        metrics.count_purged(deletion.deleted);
        if deletion.chosen < FULL_BATCH {
            break;
        }
    }
    for step in STEPS {
        while run(pool, |db| step(db, user)).await? >= FULL_BATCH {}
    }
    Ok(())
}

/// Runs work about one user. [`Pool::run`] takes no work that holds the user's id in a task of its own: the compiler does
/// not see that its future may change threads.
async fn run<T>(
    pool: &Pool,
    work: impl for<'a> FnOnce(&'a Connection) -> BoxFuture<'a, Result<T>>,
) -> Result<T> {
    let lease = Lease::acquire(pool).await?;
    let outcome = lease.in_time(work(lease.connection())).await;
    lease.release(outcome)
}
