//! Removes what has expired, and old answers to repeated writes. Nobody sees such rows anyhow; this gives their space back, in batches
//! small enough that no reader notices, on as many instances as there are.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::store;
use crate::db::{self, Pool};
use crate::error::{Result, chain};

/// Rows in one transaction.
const BATCH: i64 = 1_000;
/// Between two rounds; half of it again is added at random, so that instances spread.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many rows this process has purged.
pub type PurgeCounter = Counter;

/// Never returns. An outage is somebody else's to report.
pub async fn purge_forever(pool: Pool, purged: PurgeCounter) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        if let Err(error) = purge(&pool, &purged).await {
            tracing::debug!(error = chain(&error), "the purge waits for its next round");
        }
    }
}

/// Batch after batch, until neither was a full one.
async fn purge(pool: &Pool, purged: &PurgeCounter) -> Result<()> {
    loop {
        let (activities, answers) = pool
            .run(async |db| {
                let activities = store::delete_expired(&*db, BATCH).await?;
                let answers = db::delete_old_answers(db, BATCH).await?;
                Ok((activities, answers))
            })
            .await?;
        purged.inc_by(activities);
        if activities.max(answers) < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
