//! Deletes the copies whose time is over: those of expired and deleted activities and the names of deleted users after 24
//! hours, those of reports after 90 days. Batches are small enough not to delay readers. Several servers may delete at once.

use std::time::Duration;

use crate::db::{self, GenericClient, Job, Pool};
use crate::error::Result;

/// The maximum number of rows of each kind in one statement.
const BATCH_SIZE: i64 = 1_000;
/// The minimum pause between two rounds.
pub const RETENTION_INTERVAL: Duration = Duration::from_secs(10);

/// Deletes copies until the task is aborted.
pub async fn delete_copies_forever(pool: Pool, job: Job) {
    job.repeat_forever(|| delete_copies(&pool)).await;
}

/// Deletes batch after batch until a batch has fewer rows of each kind than it may have.
async fn delete_copies(pool: &Pool) -> Result<()> {
    loop {
        let largest = pool
            .run(async |db| {
                let activities = delete_gone_activities(db, BATCH_SIZE).await?;
                let users = delete_gone_users(db, BATCH_SIZE).await?;
                let reports = remove_report_copies(db, BATCH_SIZE).await?;
                Ok(activities.max(users).max(reports))
            })
            .await?;
        if largest < BATCH_SIZE.unsigned_abs() {
            return Ok(());
        }
    }
}

/// Deletes at most `limit` copies of activities that have been gone for 24 hours, and returns their number.
async fn delete_gone_activities(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_gone_activities.sql");
    db::execute(db, statement, &[&limit]).await
}

/// Deletes the names of at most `limit` users who have deleted their account 24 hours ago, and returns their number.
async fn delete_gone_users(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_gone_users.sql");
    db::execute(db, statement, &[&limit]).await
}

/// Removes the copies and notes of at most `limit` reports that were made 90 days ago, and returns their number.
async fn remove_report_copies(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/remove_report_copies.sql");
    db::execute(db, statement, &[&limit]).await
}
