//! Deletes the rows of users who have deleted their account. Nothing shows such rows any more; a user may have any number
//! of them, so they are deleted in batches, like those that `activities` purges. Several servers may purge at once.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use pg_batch::Lease;
use uuid::Uuid;

use super::store;
use crate::activities::PurgeCounter;
use crate::db::{Connection, Pool};
use crate::error::{Result, chain};

/// The maximum number of rows of one kind in a transaction.
const BATCH_SIZE: i64 = 1_000;
/// The same number, as a batch's result.
const FULL_BATCH: u64 = BATCH_SIZE.unsigned_abs();
/// The maximum number of users in one purge.
const MAX_USERS: i64 = 1_000;
/// The minimum pause between two purges. Up to half as much is added at random, so that servers purge at different
/// times.
const INTERVAL: Duration = Duration::from_secs(5);

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

/// Purges until the task is aborted. A failed purge is logged at debug level only, since `health` reports outages.
pub async fn purge_forever(pool: Pool, purged: PurgeCounter) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        for purge in [
            purge_answers(&pool).await,
            purge_users(&pool, &purged).await,
        ] {
            if let Err(error) = purge {
                tracing::debug!(
                    error = chain(&error),
                    "the purge of accounts failed; trying again"
                );
            }
        }
    }
}

/// Deletes the stored answers to the writes of deleted accounts.
async fn purge_answers(pool: &Pool) -> Result<()> {
    loop {
        let lease = Lease::acquire(pool).await?;
        let deletion = store::delete_answers(lease.connection(), BATCH_SIZE);
        let outcome = lease.in_time(deletion).await;
        if lease.release(outcome)? < FULL_BATCH {
            return Ok(());
        }
    }
}

async fn purge_users(pool: &Pool, purged: &PurgeCounter) -> Result<()> {
    let lease = Lease::acquire(pool).await?;
    let list = store::list_deleted_users(lease.connection(), MAX_USERS);
    let outcome = lease.in_time(list).await;
    for user in lease.release(outcome)? {
        // A user whose rows are locked does not delay the others.
        if let Err(error) = purge_user(pool, user, purged).await {
            tracing::debug!(
                error = chain(&error),
                "an account was not purged; trying again"
            );
        }
    }
    Ok(())
}

/// Deletes the user's rows, and at last the user, except what another transaction has locked.
async fn purge_user(pool: &Pool, user: Uuid, purged: &PurgeCounter) -> Result<()> {
    loop {
        let lease = Lease::acquire(pool).await?;
        let deletion = store::delete_activities(lease.connection(), user, BATCH_SIZE);
        let outcome = lease.in_time(deletion).await;
        let deletion = lease.release(outcome)?;
        purged.inc_by(deletion.deleted);
        if deletion.chosen < FULL_BATCH {
            break;
        }
    }
    for step in STEPS {
        while run(pool, user, step).await? >= FULL_BATCH {}
    }
    Ok(())
}

async fn run(pool: &Pool, user: Uuid, step: Step) -> Result<u64> {
    let lease = Lease::acquire(pool).await?;
    let outcome = lease.in_time(step(lease.connection(), user)).await;
    lease.release(outcome)
}
