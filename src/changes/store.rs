//! One function for each statement of `sql/` but the look, which `look` has. A function fails if its statement fails.

use crate::db::{self, GenericClient};
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
