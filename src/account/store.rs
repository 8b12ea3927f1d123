//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use tokio_postgres::types::{Timestamp, ToSql};
use uuid::Uuid;

use super::model::{Confirmation, DeletedAccount};
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::domain::Cursor;
use crate::error::{Code, Result};
use crate::users;

/// The number of rows that an export reads at once. With the longest texts, they have half a megabyte.
const PAGE: i64 = 100;

/// The user whose rows are exported.
pub struct StoredProfile {
    pub uuid: Uuid,
    pub handle: String,
    pub display_name: String,
    pub bio: String,
    pub created_at: DateTime<Utc>,
}

/// The profile of an authenticated user; `None` if the user's row was not inserted yet.
pub async fn find_profile(
    db: &impl GenericClient,
    user: &CurrentUser,
) -> Result<Option<StoredProfile>> {
    let statement = include_str!("sql/find_profile.sql");
    let row = db::row(db, statement, &[&user.subject()]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredProfile {
        uuid: row.try_get("uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
        bio: row.try_get("bio")?,
        created_at: row.try_get("created_at")?,
    }))
}

/// The position of an export: a table, and the key of the row after which the next page begins. The tables are read in
/// this order.
#[derive(Clone, Copy)]
pub enum ExportCursor {
    /// The expiry, which may be infinite, and the id of an activity.
    Activities(Timestamp<DateTime<Utc>>, Uuid),
    /// The message group and the position of a message in it.
    Messages(Uuid, Cursor),
    /// The time of a like and its activity.
    Likes(Cursor),
    /// The time of a repost and its activity.
    Reposts(Cursor),
    /// The id of a blocked user.
    Blocks(Uuid),
    /// The id of a reported activity.
    Reports(Uuid),
}

impl ExportCursor {
    /// The position before the first row.
    pub fn start() -> Self {
        Self::Activities(Timestamp::NegInfinity, Uuid::nil())
    }

    /// The position after a page with this last row, or after an empty page; `None` after the last table.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn next(self, last: Option<&Row>) -> Result<Option<Self>> {
        Ok(Some(match (self, last) {
            (Self::Activities(..), Some(row)) => {
                Self::Activities(row.try_get("expiry")?, row.try_get("uuid")?)
            }
            (Self::Activities(..), None) => Self::Messages(Uuid::nil(), Cursor::start()),
            (Self::Messages(..), Some(row)) => {
                Self::Messages(row.try_get("message_group_uuid")?, cursor(row, "uuid")?)
            }
            (Self::Messages(..), None) => Self::Likes(Cursor::end()),
            (Self::Likes(_), Some(row)) => Self::Likes(cursor(row, "activity_uuid")?),
            (Self::Likes(_), None) => Self::Reposts(Cursor::end()),
            (Self::Reposts(_), Some(row)) => Self::Reposts(cursor(row, "activity_uuid")?),
            (Self::Reposts(_), None) => Self::Blocks(Uuid::nil()),
            (Self::Blocks(_), Some(row)) => Self::Blocks(row.try_get("blocked_uuid")?),
            (Self::Blocks(_), None) => Self::Reports(Uuid::nil()),
            (Self::Reports(_), Some(row)) => Self::Reports(row.try_get("activity_uuid")?),
            (Self::Reports(_), None) => return Ok(None),
        }))
    }
}

/// The next page of rows of the user after the cursor, in the order of an export; empty at the end of a table.
pub async fn list_page(
    db: &impl GenericClient,
    user: Uuid,
    after: &ExportCursor,
) -> Result<Vec<Row>> {
    match after {
        ExportCursor::Activities(expiry, uuid) => {
            let statement = include_str!("sql/list_activities.sql");
            db::rows(db, statement, &[&user, expiry, uuid, &PAGE]).await
        }
        ExportCursor::Messages(group, Cursor { created_at, uuid }) => {
            let statement = include_str!("sql/list_messages.sql");
            db::rows(db, statement, &[&user, group, created_at, uuid, &PAGE]).await
        }
        ExportCursor::Likes(before) => list_reactions(db, user, "like", before).await,
        ExportCursor::Reposts(before) => list_reactions(db, user, "repost", before).await,
        ExportCursor::Blocks(after) => {
            let statement = include_str!("sql/list_blocks.sql");
            db::rows(db, statement, &[&user, after, &PAGE]).await
        }
        ExportCursor::Reports(after) => {
            let statement = include_str!("sql/list_reports.sql");
            db::rows(db, statement, &[&user, after, &PAGE]).await
        }
    }
}

async fn list_reactions(
    db: &impl GenericClient,
    user: Uuid,
    kind: &str,
    before: &Cursor,
) -> Result<Vec<Row>> {
    let statement = include_str!("sql/list_reactions.sql");
    let parameters: [&(dyn ToSql + Sync); 5] =
        [&user, &kind, &before.created_at, &before.uuid, &PAGE];
    db::rows(db, statement, &parameters).await
}

fn cursor(row: &Row, uuid: &str) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get(uuid)?,
    })
}

/// Deletes the account of `user`: hides the user and removes the names. The purge deletes the rows.
///
/// # Errors
/// [`Code::ConfirmationMismatch`] when the confirmation is not the user's handle, [`Code::Suspended`],
/// [`Code::AccountDeleted`], [`Code::CognitoUserIdBlank`] when the token's user has no row.
pub async fn delete_account(
    db: &impl GenericClient,
    user: &CurrentUser,
    confirmation: &Confirmation,
) -> Result<DeletedAccount> {
    let statement = include_str!("sql/delete_account.sql");
    let row = db::row(db, statement, &[&user.subject(), &confirmation.as_str()]).await?;
    let Some(row) = row else {
        // A statement of its own, because a concurrent request may have deleted the account during the first one.
        let deletion = users::find_deletion(db, user.subject()).await?;
        let code = deletion.map_or(Code::CognitoUserIdBlank, |_| Code::AccountDeleted);
        return Err(code.into());
    };
    match (row.try_get("is_suspended")?, row.try_get("is_confirmed")?) {
        (true, _) => Err(Code::Suspended.into()),
        (false, false) => Err(Code::ConfirmationMismatch.into()),
        (false, true) => Ok(DeletedAccount {
            handle: row.try_get("handle")?,
        }),
    }
}

/// At most `limit` deleted users whose rows the purge has to delete, the longest deleted first.
pub async fn list_deleted_users(db: &impl GenericClient, limit: i64) -> Result<Vec<Uuid>> {
    let statement = include_str!("sql/list_deleted_users.sql");
    let rows = db::rows(db, statement, &[&limit]).await?;
    let uuids = rows.iter().map(|row| row.try_get("user_uuid"));
    Ok(uuids.collect::<Result<_, _>>()?)
}

/// The outcome of [`delete_activities`].
pub struct ActivitiesDeletion {
    /// The number of activities that were deleted or marked as deleted.
    pub chosen: u64,
    /// The number of activities that were deleted.
    pub deleted: u64,
}

/// Deletes or marks at most `limit` activities of a deleted user.
pub async fn delete_activities(
    db: &impl GenericClient,
    user: Uuid,
    limit: i64,
) -> Result<ActivitiesDeletion> {
    let statement = include_str!("sql/delete_activities.sql");
    let row = db::row(db, statement, &[&user, &limit]).await?;
    let count = |name: &str| number(row.as_ref(), name);
    Ok(ActivitiesDeletion {
        chosen: count("chosen")?,
        deleted: count("deleted")?,
    })
}

/// Deletes at most `limit` likes and reposts of a deleted user, and returns their number.
pub async fn delete_reactions(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_reactions.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Deletes at most `limit` notifications of a deleted user, and returns their number.
pub async fn delete_notifications(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_notifications.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Deletes at most `limit` notices of a deleted user, and returns their number.
pub async fn delete_notices(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_notices.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Deletes at most `limit` blocks by a deleted user and as many against the user, and returns the larger number.
pub async fn delete_blocks(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_blocks.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Deletes at most `limit` messages of a deleted user, and returns their number.
pub async fn delete_messages(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_messages.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Removes a deleted user from at most `limit` message groups, and returns their number.
pub async fn leave_message_groups(db: &impl GenericClient, user: Uuid, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/leave_message_groups.sql");
    deleted(db::row(db, statement, &[&user, &limit]).await?.as_ref())
}

/// Deletes the row of a deleted user unless other rows are left, and returns the number of rows.
pub async fn delete_user(db: &impl GenericClient, user: Uuid) -> Result<u64> {
    db::execute(db, include_str!("sql/delete_user.sql"), &[&user]).await
}

/// Deletes at most `limit` stored answers to the writes of one deleted account, and returns their number.
pub async fn delete_answers(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let statement = include_str!("sql/delete_answers.sql");
    deleted(db::row(db, statement, &[&limit]).await?.as_ref())
}

fn deleted(row: Option<&Row>) -> Result<u64> {
    number(row, "deleted")
}

fn number(row: Option<&Row>, column: &str) -> Result<u64> {
    let number: i64 = row.map_or(Ok(0), |row| row.try_get(column))?;
    Ok(u64::try_from(number).unwrap_or_default())
}
