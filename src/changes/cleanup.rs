//! Deletes old changes. A change is kept for 15 minutes from the time when a snapshot first showed it, however long its
//! transaction was open, so that every look that goes on from a position of the last ten minutes finds it.

use std::time::Duration;

use super::store;
use crate::db::{Pool, repeat_forever};
use crate::error::Result;

/// The maximum number of rows in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two cleanups.
const INTERVAL: Duration = Duration::from_secs(20);

/// Deletes old changes until the task is aborted. Several servers may do so at once.
pub async fn delete_old_forever(pool: Pool) {
    let failure = "old changes could not be deleted; trying again";
    repeat_forever(INTERVAL, failure, || delete_old(&pool)).await;
}

async fn delete_old(pool: &Pool) -> Result<()> {
    pool.run(async |db| store::insert_change_horizon(db).await)
        .await?;
    loop {
        let deleted = pool
            .run(async |db| store::delete_old_changes(db, BATCH_SIZE).await)
            .await?;
        if deleted < BATCH_SIZE.unsigned_abs() {
            return Ok(());
        }
    }
}
