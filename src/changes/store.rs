//! One function for each statement of `sql/` but the look, which `look` has. A function fails if its statement fails.

use chrono::{DateTime, Utc};

use super::change::ActivityKeys;
use crate::db::{self, GenericClient};
use crate::domain::Cursor;
use crate::error::Result;

/// Keeps the current snapshot, unless one was kept in the last minute.
pub async fn insert_change_horizon(db: &impl GenericClient) -> Result<()> {
    db::execute(db, include_str!("sql/insert_change_horizon.sql"), &[]).await?;
    Ok(())
}

/// Gives the database server an identity until its next crash, unless it has one.
pub async fn insert_database_run(db: &impl GenericClient) -> Result<()> {
    db::execute(db, include_str!("sql/insert_database_run.sql"), &[]).await?;
    Ok(())
}

/// Deletes `limit` changes at most that a snapshot showed 15 minutes ago, and returns their number.
pub async fn delete_old_changes(db: &impl GenericClient, limit: i64) -> Result<u64> {
    db::execute(db, include_str!("sql/delete_old_changes.sql"), &[&limit]).await
}

/// The activities that expired after `after` and until `until`, in the order of their expiry, `limit` at most; also those
/// that the purge has deleted since then.
///
/// # Errors
/// The statement fails.
pub async fn list_expired(
    db: &impl GenericClient,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<ActivityKeys>> {
    let statement = include_str!("sql/list_expired.sql");
    let rows = db::rows(db, statement, &[&after, &until, &limit]).await?;
    let keys = rows.iter().map(|row| {
        let uuid = row.try_get("uuid")?;
        Ok(ActivityKeys {
            uuid,
            author: row.try_get("user_uuid")?,
            parent: row.try_get("reply_to_activity_uuid")?,
            cursor: Cursor {
                created_at: row.try_get("created_at")?,
                uuid,
            },
        })
    });
    keys.collect()
}
