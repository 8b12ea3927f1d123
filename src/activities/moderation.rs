//! Removing an activity of any user. The caller decides whether the operator may.

use uuid::Uuid;

use super::store;
use crate::db::Pool;
use crate::error::Result;

/// Removes the activity and everything below it, expired or not; false when it does not exist.
///
/// # Errors
/// What the statement fails with.
pub async fn remove(pool: &Pool, uuid: Uuid) -> Result<bool> {
    pool.run(async |db| store::remove_activity(&*db, uuid).await)
        .await
}
