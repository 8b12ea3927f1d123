//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Actor, NoticeKind, StoredNotice, UnreadNotices};
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::domain::{Cursor, PageQuery};
use crate::error::{Code, Result};

/// The maximum number of unread notices that are counted.
const MAX_UNREAD: i64 = 1_000;
/// The maximum number of notices that one statement reads. Those by hidden users and of expired activities are read and
/// not shown. Reading so many takes 20 ms.
const MAX_READ: i64 = 5_000;

/// The part of a user's notices that one statement found.
pub struct FoundNotices {
    /// The notices, the latest first, up to [`PageQuery::fetch`].
    pub notices: Vec<StoredNotice>,
    /// The cursor from which to go on, if the statement ended because it had read as many notices as it may.
    pub older: Option<Cursor>,
}

/// A page of the notices of `user`.
pub async fn list_notices(
    db: &impl GenericClient,
    user: &CurrentUser,
    page: &PageQuery,
) -> Result<FoundNotices> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_notices.sql"),
        &[
            &user.subject(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &MAX_READ,
        ],
    )
    .await?;
    let mut found = FoundNotices {
        notices: Vec::new(),
        older: None,
    };
    for row in &rows {
        match row.try_get::<_, Option<&str>>("kind")? {
            Some(kind) => found.notices.push(notice(row, kind)?),
            None => found.older = Some(cursor(row)?),
        }
    }
    Ok(found)
}

/// The receivers of the notices with these ids and the notices, except those that their receivers do not see.
pub async fn list_by_uuids(
    db: &impl GenericClient,
    uuids: &[Uuid],
) -> Result<Vec<(Uuid, StoredNotice)>> {
    let rows = db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids]).await?;
    let found = rows.iter().map(|row| {
        let kind = row.try_get("kind")?;
        Ok((row.try_get("user_uuid")?, notice(row, kind)?))
    });
    found.collect()
}

/// The number of unread notices of `user`.
pub async fn count_unread_notices(
    db: &impl GenericClient,
    user: &CurrentUser,
) -> Result<UnreadNotices> {
    let statement = include_str!("sql/count_unread_notices.sql");
    let row = db::row(db, statement, &[&user.subject(), &MAX_UNREAD, &MAX_READ]).await?;
    let count = row.map_or(Ok(0), |row| row.try_get("unread"))?;
    Ok(UnreadNotices { count })
}

/// Moves the read mark of `user` forward to the notice; a mark after it stays where it is.
///
/// # Errors
/// [`Code::NotificationNotFound`] when the user has no such notice.
pub async fn update_read_mark(
    db: &impl GenericClient,
    user: &CurrentUser,
    up_to: Uuid,
) -> Result<()> {
    let statement = include_str!("sql/update_read_mark.sql");
    match db::row(db, statement, &[&user.subject(), &up_to]).await? {
        Some(_) => Ok(()),
        None => Err(Code::NotificationNotFound.into()),
    }
}

/// Deletes at most `limit` notices of deleted activities and returns their number.
pub async fn delete_notices(db: &impl GenericClient, limit: i64) -> Result<i64> {
    let row = db::row(db, include_str!("sql/delete_notices.sql"), &[&limit]).await?;
    Ok(row.map_or(Ok(0), |row| row.try_get("deleted"))?)
}

fn notice(row: &Row, kind: &str) -> Result<StoredNotice> {
    Ok(StoredNotice {
        cursor: cursor(row)?,
        kind: NoticeKind::from_name(kind),
        actor: Actor {
            handle: row.try_get("handle")?,
            display_name: row.try_get("display_name")?,
            uuid: row.try_get("actor_uuid")?,
        },
        activity: row.try_get("activity_uuid")?,
        is_read: row.try_get("is_read")?,
    })
}

fn cursor(row: &Row) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get("uuid")?,
    })
}
