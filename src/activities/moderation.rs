//! Removing what somebody else wrote. Who may is decided where it is asked for.

use uuid::Uuid;

use super::store;
use crate::db::Pool;
use crate::error::Result;

/// Removes the activity and everything below it, also one that has expired and is not purged yet;
/// false when it is not there.
pub async fn remove(pool: &Pool, uuid: Uuid) -> Result<bool> {
    pool.run(async |db| store::remove_activity(&*db, uuid).await)
        .await
}
