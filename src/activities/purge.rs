//! Deletes expired activities and the stored responses of old idempotency keys. Requests do not see such rows any more;
//! deleting them frees their space. Batches are small enough not to delay readers. Several servers may purge at once.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::store;
use crate::db::{self, Pool};
use crate::error::{Result, chain};

/// The maximum number of rows of each kind in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two purges. Up to half as much is added at random, so that servers purge at different
/// times.
const INTERVAL: Duration = Duration::from_secs(5);

/// The number of activities that this process has deleted.
pub type PurgeCounter = Counter;

/// Purges until the task is aborted. A failed purge is logged at debug level only, since `health` reports outages.
pub async fn purge_forever(pool: Pool, purged: PurgeCounter) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        if let Err(error) = purge(&pool, &purged).await {
            tracing::debug!(error = chain(&error), "the purge failed; trying again");
        }
    }
}

/// Purges batch after batch until a batch deletes fewer rows of both kinds than it may.
async fn purge(pool: &Pool, purged: &PurgeCounter) -> Result<()> {
    loop {
        let (activities, answers) = pool
            .run(async |db| {
                let activities = store::delete_expired(db, BATCH_SIZE).await?;
                let answers = db::delete_old_answers(db, BATCH_SIZE).await?;
                Ok((activities, answers))
            })
            .await?;
        purged.inc_by(activities);
        if activities.max(answers) < BATCH_SIZE.unsigned_abs() {
            return Ok(());
        }
    }
}
