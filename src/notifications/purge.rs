//! Deletes the notices of deleted activities. Requests do not see them any more; deleting them frees their space. The
//! statement that deletes an activity leaves them, because there may be any number. Several servers may purge at once.

use std::time::Duration;

use super::store;
use crate::db::Pool;
use crate::error::{Result, chain};

/// The maximum number of notices in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two purges. Up to half as much is added at random, so that servers purge at different
/// times.
const INTERVAL: Duration = Duration::from_secs(5);

/// Purges until the task is aborted. A failed purge is logged at debug level only, since `health` reports outages.
pub async fn purge_forever(pool: Pool) {
    loop {
        tokio::time::sleep(INTERVAL.mul_f64(rand::random_range(1.0..1.5))).await;
        if let Err(error) = purge(&pool).await {
            tracing::debug!(
                error = chain(&error),
                "the purge of notices failed; trying again"
            );
        }
    }
}

/// Deletes batch after batch until a batch has fewer notices than it may have.
async fn purge(pool: &Pool) -> Result<()> {
    let delete = async || {
        pool.run(async |db| store::delete_notices(db, BATCH_SIZE).await)
            .await
    };
    while delete().await? == BATCH_SIZE {}
    Ok(())
}
