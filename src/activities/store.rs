//! One function for each statement of `sql/`. What the statements answer stands in their files.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::model::{Activity, DeletedActivity, NewActivity, NewReply, SearchTerm};
use crate::auth::CurrentUser;
use crate::db;
use crate::error::{Code, Result};
use crate::http::{Cursor, PageQuery};

pub async fn list_home(db: &impl GenericClient, page: &PageQuery) -> Result<Vec<Activity>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_home.sql"),
        &[&before.created_at, &before.uuid, &page.fetch()],
    )
    .await?;
    assemble(&rows)
}

pub async fn list_by_user(
    db: &impl GenericClient,
    user: Uuid,
    page: &PageQuery,
) -> Result<Vec<Activity>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_by_user.sql"),
        &[&before.created_at, &before.uuid, &page.fetch(), &user],
    )
    .await?;
    assemble(&rows)
}

/// Where the activities are that concern `user`, newest first.
pub async fn list_notifications(
    db: &impl GenericClient,
    user: &CurrentUser,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_notifications.sql"),
        &[
            &user.subject(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
        ],
    )
    .await?;
    rows.iter().map(place).collect()
}

/// Where the activities are that answer `term`, newest first: among the newest where they fill a
/// page, else among all.
pub async fn search(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let (term, before, limit) = (term.as_str(), page.before(), page.fetch());
    let parameters: [&(dyn ToSql + Sync); 4] = [&term, &before.created_at, &before.uuid, &limit];
    let newest = db::rows(db, include_str!("sql/search_newest.sql"), &parameters).await?;
    let rows = if page.is_filled_by(&newest) {
        newest
    } else {
        db::rows(db, include_str!("sql/search_all.sql"), &parameters).await?
    };
    rows.iter().map(place).collect()
}

/// The activities at those places, newest first; what has gone meanwhile is missing.
pub async fn list_by_uuids(db: &impl GenericClient, places: &[Cursor]) -> Result<Vec<Activity>> {
    let uuids: Vec<Uuid> = places.iter().map(|place| place.uuid).collect();
    let rows = db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids]).await?;
    assemble(&rows)
}

/// The activity with a page of its replies; `None` when it is not there or has expired.
pub async fn find_thread(
    db: &impl GenericClient,
    uuid: Uuid,
    page: &PageQuery,
) -> Result<Option<Activity>> {
    let after = page.after();
    let rows = db::rows(
        db,
        include_str!("sql/find_thread.sql"),
        &[&uuid, &after.created_at, &after.uuid, &page.fetch()],
    )
    .await?;
    Ok(assemble(&rows)?.pop())
}

/// # Errors
/// [`Code::CognitoUserIdBlank`] when nobody here belongs to the token.
pub async fn insert_activity(
    db: &impl GenericClient,
    user: &CurrentUser,
    new: &NewActivity,
) -> Result<Activity> {
    let seconds = new.time_to_live.duration().as_secs_f64();
    let row = db::row(
        db,
        include_str!("sql/insert_activity.sql"),
        &[&user.subject(), &new.message, &seconds],
    )
    .await?;
    activity(&row.ok_or(Code::CognitoUserIdBlank)?)
}

/// Stores the reply and counts it at its parent.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when nobody here belongs to the token, [`Code::ActivityNotFound`]
/// when the parent is gone.
pub async fn insert_reply(
    db: &impl GenericClient,
    user: &CurrentUser,
    parent: Uuid,
    new: &NewReply,
) -> Result<Activity> {
    let row = db::row(
        db,
        include_str!("sql/insert_reply.sql"),
        &[&user.subject(), &parent, &new.message],
    )
    .await?;
    let row = row.ok_or(Code::CognitoUserIdBlank)?;
    match row.try_get::<_, Option<Uuid>>("uuid")? {
        Some(_) => activity(&row),
        None => Err(Code::ActivityNotFound.into()),
    }
}

/// # Errors
/// [`Code::Forbidden`] for somebody else's activity, [`Code::ActivityNotFound`] for one that is gone.
pub async fn delete_activity(
    db: &impl GenericClient,
    user: &CurrentUser,
    uuid: Uuid,
) -> Result<DeletedActivity> {
    let row = db::row(
        db,
        include_str!("sql/delete_activity.sql"),
        &[&uuid, &user.subject()],
    )
    .await?
    .ok_or(Code::ActivityNotFound)?;
    match (row.try_get("is_author")?, row.try_get("is_deleted")?) {
        (false, _) => Err(Code::Forbidden.into()),
        (true, false) => Err(Code::ActivityNotFound.into()),
        (true, true) => Ok(DeletedActivity { uuid }),
    }
}

/// Removes anybody's activity; false when it is not there.
pub async fn remove_activity(db: &impl GenericClient, uuid: Uuid) -> Result<bool> {
    let row = db::row(db, include_str!("sql/remove_activity.sql"), &[&uuid]).await?;
    Ok(row.is_some())
}

/// Removes at most `limit` expired rows and says how many they were.
pub async fn delete_expired(db: &impl GenericClient, limit: i64) -> Result<u64> {
    let row = db::row(db, include_str!("sql/delete_expired.sql"), &[&limit]).await?;
    let deleted: i64 = row.map_or(Ok(0), |row| row.try_get("deleted"))?;
    Ok(u64::try_from(deleted).unwrap_or_default())
}

/// Puts the replies (`depth` 1) under the activities that they answer (`depth` 0, which come
/// first).
fn assemble(rows: &[Row]) -> Result<Vec<Activity>> {
    let mut activities: Vec<Activity> = Vec::new();
    for row in rows {
        let activity = activity(row)?;
        if row.try_get::<_, i32>("depth")? == 0 {
            activities.push(activity);
        } else if let Some(parent) = activities
            .iter_mut()
            .find(|parent| Some(parent.uuid) == activity.reply_to_activity_uuid)
        {
            parent.replies.push(activity);
        }
    }
    Ok(activities)
}

fn place(row: &Row) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get("uuid")?,
    })
}

fn activity(row: &Row) -> Result<Activity> {
    Ok(Activity {
        uuid: row.try_get("uuid")?,
        display_name: row.try_get("display_name")?,
        handle: row.try_get("handle")?,
        message: row.try_get("message")?,
        replies_count: row.try_get("replies_count")?,
        reposts_count: row.try_get("reposts_count")?,
        likes_count: row.try_get("likes_count")?,
        reply_to_activity_uuid: row.try_get("reply_to_activity_uuid")?,
        expires_at: row.try_get("expires_at")?,
        created_at: row.try_get("created_at")?,
        replies: Vec::new(),
    })
}
