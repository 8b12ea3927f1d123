//! Deletes expired activities, the threads of deleted activities, the reactions to both, and the stored responses of old
//! idempotency keys. Requests do not see such rows any more; deleting them frees their space. It also adds up the
//! changes of users' cruds counts. Batches are small enough not to delay readers. Several servers may purge at once.

use std::time::Duration;

use pg_batch::Lease;
use uuid::Uuid;

use super::metrics::ActivityMetrics;
use super::store;
use crate::db::{self, Job, Pool};
use crate::error::Result;

/// The maximum number of rows of each kind in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The maximum number of deleted activities whose threads one purge deletes.
const MAX_THREADS: i64 = 1_000;
/// The minimum pause between two purges.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(5);

/// Purges until the task is aborted.
pub async fn purge_forever(pool: Pool, job: Job, metrics: ActivityMetrics) {
    // A failure of one does not keep the other from its turn.
    let purge = async || {
        let expired = purge_expired(&pool, &metrics).await;
        let deleted = purge_deleted(&pool, &metrics).await;
        let lag = pool.run(async |db| store::find_purge_lag(db).await).await?;
        metrics.set_purge_lag(lag);
        expired.and(deleted)
    };
    job.repeat_forever(purge).await;
}

/// Deletes batch after batch until a batch has fewer rows of each kind than it may have.
async fn purge_expired(pool: &Pool, metrics: &ActivityMetrics) -> Result<()> {
    loop {
        let (activities, others) = pool
            .run(async |db| {
                let expired = store::delete_expired(db, BATCH_SIZE).await?;
                let answers = db::delete_old_answers(db, BATCH_SIZE).await?;
                let changes = store::add_up_crud_counts(db, BATCH_SIZE).await?;
                let others = [expired.reactions, answers, changes].into_iter().max();
                Ok((expired.activities, others.unwrap_or_default()))
            })
            .await?;
        metrics.count_purged(activities);
        if activities.max(others) < BATCH_SIZE.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Deletes the threads of deleted activities.
async fn purge_deleted(pool: &Pool, metrics: &ActivityMetrics) -> Result<()> {
    let deleted = pool
        .run(async |db| store::list_deleted_activities(db, MAX_THREADS).await)
        .await?;
    for activity in deleted {
        purge_thread(pool, activity, metrics).await?;
    }
    Ok(())
}

/// Deletes the thread of a deleted activity, except what lies above rows that another transaction has locked.
async fn purge_thread(pool: &Pool, activity: Uuid, metrics: &ActivityMetrics) -> Result<()> {
    // Each activity lies below the one before. The last one is where the next statement begins.
    let mut path = vec![activity];
    let mut left = None;
    while let Some(&start) = path.last() {
        let lease = Lease::acquire(pool).await?;
        let deletion = store::delete_thread(lease.connection(), start, BATCH_SIZE, activity);
        let outcome = lease.in_time(deletion).await;
        let batch = lease.release(outcome)?;
        metrics.count_purged(batch.deleted.activities);
        match batch.deeper {
            // Nothing below it could be deleted, because a row is locked.
            Some(deeper) if left == Some(deeper) => return Ok(()),
            Some(deeper) => path.push(deeper),
            None if batch.deleted.activities + batch.deleted.reactions == 0 => left = path.pop(),
            None => {}
        }
    }
    Ok(())
}
