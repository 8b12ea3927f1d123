//! Deletes the notices of deleted activities. Requests do not see them any more; deleting them frees their space. The
//! statement that deletes an activity leaves them, because there may be any number. Several servers may purge at once.

use std::time::Duration;

use super::store;
use crate::db::{Job, Pool};
use crate::error::Result;

/// The maximum number of notices in one transaction.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two purges.
pub const PURGE_INTERVAL: Duration = Duration::from_secs(5);

/// Purges until the task is aborted.
pub async fn purge_forever(pool: Pool, job: Job) {
    job.repeat_forever(|| purge(&pool)).await;
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
