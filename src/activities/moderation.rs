//! Removes an activity of any user for an operator. The caller checks that the operator has permission.

use uuid::Uuid;

use super::model::DeletedActivity;
use super::store::{self, Deleter};
use crate::db::Pool;
use crate::error::Result;

/// Removes the activity and all replies below it, expired or not.
///
/// # Errors
/// [`Code::ActivityNotFound`](crate::error::Code::ActivityNotFound) when it does not exist; the statement fails.
pub async fn remove(pool: &Pool, uuid: Uuid) -> Result<DeletedActivity> {
    pool.run(async |db| store::delete_activity(db, Deleter::Operator, uuid).await)
        .await
}
