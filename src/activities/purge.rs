//! Removes expired activities and old idempotent answers. No request sees such rows any more; this frees their space,
//! in batches small enough not to delay readers. Several servers may purge at once.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::store;
use crate::db::{self, Pool};
use crate::error::{Result, chain};

/// The most rows in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The pause between two purges; up to half as much is added at random, so that servers do not purge in step.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many activities this process has purged.
pub type PurgeCounter = Counter;

/// Purges for ever. `health` reports outages, so a failed purge is only a debug line.
pub async fn purge_forever(pool: Pool, purged: PurgeCounter) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        if let Err(error) = purge(&pool, &purged).await {
            tracing::debug!(error = chain(&error), "the purge failed; trying again");
        }
    }
}

/// Purges batch after batch until both kinds are below the batch size.
async fn purge(pool: &Pool, purged: &PurgeCounter) -> Result<()> {
    loop {
        let (activities, answers) = pool
            .run(async |db| {
                let activities = store::delete_expired(&*db, BATCH_SIZE).await?;
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
