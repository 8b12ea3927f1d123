//! Removes an activity of any user for an operator. The caller checks that the operator has permission.

use uuid::Uuid;

use super::store;
use crate::db::Pool;
use crate::error::Result;

/// Removes the activity and all replies below it, expired or not. Returns false when it does not exist.
///
/// # Errors
/// The statement fails.
pub async fn remove(pool: &Pool, uuid: Uuid) -> Result<bool> {
    pool.run(async |db| store::remove_activity(db, uuid).await)
        .await
}
