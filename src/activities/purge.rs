//! Removes what has expired. Nobody sees such rows anyhow; this gives their space back, in batches
//! small enough that no reader notices, on as many instances as there are.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;

use super::store;
use crate::db::Pool;
use crate::error::chain;

/// Rows in one transaction.
const BATCH: i64 = 500;
/// Between two rounds; half of it again is added at random, so that instances spread.
const INTERVAL: Duration = Duration::from_secs(5);

/// How many rows this process has purged.
pub type PurgeCounter = Counter;

/// Never returns. An outage is somebody else's to report.
pub async fn purge_forever(pool: Pool, purged: PurgeCounter) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        loop {
            let round = pool
                .run(async |db| store::delete_expired(&*db, BATCH).await)
                .await;
            match round {
                Ok(deleted) => {
                    purged.inc_by(deleted);
                    if deleted < BATCH.unsigned_abs() {
                        break;
                    }
                }
                Err(error) => {
                    tracing::debug!(error = chain(&error), "the purge waits for its next round");
                    break;
                }
            }
        }
    }
}
