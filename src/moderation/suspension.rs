//! Suspension: an operator hides a user and everything that the user wrote, until the operator reinstates the user. One
//! function for each statement; the comment in each file of `sql/` describes the statement and its parameters. A
//! function fails if its statement fails. The caller checks that the operator has permission.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_postgres::Row;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::db::{self, GenericClient};
use crate::domain::{Cursor, timestamp};
use crate::error::Result;
use crate::users;

/// A user as an operator sees them, suspended or not.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspendableUser {
    /// The user's id.
    pub uuid: Uuid,
    /// The handle, without the `@`.
    pub handle: String,
    /// The display name.
    pub display_name: String,
    /// When the user was created in this database.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// When an operator suspended the user; null for a user who is not suspended.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub suspended_at: Option<DateTime<Utc>>,
}

impl SuspendableUser {
    /// The position of this user in the list of suspended users.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.suspended_at.unwrap_or(self.created_at),
            uuid: self.uuid,
        }
    }
}

/// Suspends the user with the handle; a suspended user stays so since the first time. `None` when no user has the handle
/// or the user has deleted the account.
///
/// # Errors
/// The statement fails.
pub async fn insert_suspension(
    db: &impl GenericClient,
    handle: &str,
) -> Result<Option<SuspendableUser>> {
    find(db, include_str!("sql/insert_suspension.sql"), handle).await
}

/// Reinstates the user with the handle, suspended or not. `None` when no user has the handle or the user has deleted the
/// account.
///
/// # Errors
/// The statement fails.
pub async fn delete_suspension(
    db: &impl GenericClient,
    handle: &str,
) -> Result<Option<SuspendableUser>> {
    find(db, include_str!("sql/delete_suspension.sql"), handle).await
}

/// The user with the handle. `None` when no user has the handle or the user has deleted the account.
///
/// # Errors
/// The statement fails.
pub async fn find_user(db: &impl GenericClient, handle: &str) -> Result<Option<SuspendableUser>> {
    find(db, include_str!("sql/find_user.sql"), handle).await
}

/// At most `limit` suspended users before the cursor, the latest suspension first.
///
/// # Errors
/// The statement fails.
pub async fn list_suspended_users(
    db: &impl GenericClient,
    before: &Cursor,
    limit: i64,
) -> Result<Vec<SuspendableUser>> {
    let rows = db::rows(
        db,
        include_str!("sql/list_suspended_users.sql"),
        &[&before.created_at, &before.uuid, &limit],
    )
    .await?;
    rows.iter().map(user).collect()
}

/// Sends a statement about the user with the handle.
async fn find(
    db: &impl GenericClient,
    statement: &'static str,
    handle: &str,
) -> Result<Option<SuspendableUser>> {
    if !users::is_legal_handle(handle) {
        return Ok(None);
    }
    let row = db::row(db, statement, &[&handle]).await?;
    row.as_ref().map(user).transpose()
}

fn user(row: &Row) -> Result<SuspendableUser> {
    Ok(SuspendableUser {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
        created_at: row.try_get("created_at")?,
        suspended_at: row.try_get("suspended_at")?,
    })
}
