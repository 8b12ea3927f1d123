//! One function for each statement of `sql/`. What the statements answer stands in their files, what is
//! made of their rows in `rows`.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::model::{DeletedActivity, NewActivity, NewReply};
use super::rows::{FeedRows, Json, ThreadRows, by_place, outcomes, place, written};
use crate::auth::CurrentUser;
use crate::db;
use crate::domain::{Cursor, PageQuery};
use crate::error::{Code, Result};

pub async fn list_home(db: &impl GenericClient, page: &PageQuery) -> Result<FeedRows> {
    let before = page.before();
    db::rows(
        db,
        include_str!("sql/list_home.sql"),
        &[&before.created_at, &before.uuid, &page.fetch()],
    )
    .await
    .map(FeedRows)
}

/// The page of each user, by handle; `None` where nobody has it.
pub async fn list_user_pages(
    db: &impl GenericClient,
    asked: &[(String, PageQuery)],
) -> Result<Vec<Option<FeedRows>>> {
    let handles: Vec<&str> = asked.iter().map(|(handle, _)| handle.as_str()).collect();
    let before = asked.iter().map(|(_, page)| page.before());
    let (created_at, uuid): (Vec<_>, Vec<_>) = before.map(Cursor::parts).unzip();
    let at_most: Vec<i64> = asked.iter().map(|(_, page)| page.fetch()).collect();
    let rows = db::rows(
        db,
        include_str!("sql/list_user_pages.sql"),
        &[&handles, &created_at, &uuid, &at_most],
    )
    .await?;
    by_place(rows, asked.len(), FeedRows)
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

/// The activities at those places; what has gone meanwhile is missing.
pub async fn list_by_uuids(db: &impl GenericClient, places: &[Cursor]) -> Result<FeedRows> {
    let uuids: Vec<Uuid> = places.iter().map(|place| place.uuid).collect();
    db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids])
        .await
        .map(FeedRows)
}

/// Each activity with a page of its replies; `None` when it is not there or has expired.
pub async fn find_threads(
    db: &impl GenericClient,
    asked: &[(Uuid, PageQuery)],
) -> Result<Vec<Option<ThreadRows>>> {
    let uuids: Vec<Uuid> = asked.iter().map(|(uuid, _)| *uuid).collect();
    let after = asked.iter().map(|(_, page)| page.after());
    let (created_at, after_uuids): (Vec<_>, Vec<_>) = after.map(Cursor::parts).unzip();
    let at_most: Vec<i64> = asked.iter().map(|(_, page)| page.fetch()).collect();
    let rows = db::rows(
        db,
        include_str!("sql/find_threads.sql"),
        &[&uuids, &created_at, &after_uuids, &at_most],
    )
    .await?;
    by_place(rows, asked.len(), ThreadRows)
}

/// Stores top-level activities, all or, where this fails, none. Each outcome is the activity, or
/// [`Code::CognitoUserIdBlank`]: nobody here belongs to the token.
pub async fn insert_activities(
    db: &impl GenericClient,
    new: &[&(CurrentUser, NewActivity)],
) -> Result<Vec<Result<Json>>> {
    let subjects: Vec<&str> = new.iter().map(|(user, _)| user.subject()).collect();
    let messages: Vec<&str> = new.iter().map(|(_, new)| &*new.message).collect();
    let lives = new.iter().map(|(_, new)| new.time_to_live.duration());
    let seconds: Vec<f64> = lives.map(|life| life.as_secs_f64()).collect();
    let rows = db::rows(
        db,
        include_str!("sql/insert_activities.sql"),
        &[&subjects, &messages, &seconds],
    )
    .await?;
    outcomes(rows, new.len(), |row| {
        match row.try_get::<_, bool>("author_known")? {
            true => written(row),
            false => Err(Code::CognitoUserIdBlank.into()),
        }
    })
}

/// Stores replies and counts them at their parents, all or, where this fails, none. Each outcome is the
/// reply, or [`Code::CognitoUserIdBlank`], or [`Code::ActivityNotFound`] when the parent is gone.
pub async fn insert_replies(
    db: &impl GenericClient,
    new: &[&(CurrentUser, Uuid, NewReply)],
) -> Result<Vec<Result<Json>>> {
    let subjects: Vec<&str> = new.iter().map(|(user, ..)| user.subject()).collect();
    let parents: Vec<Uuid> = new.iter().map(|(_, parent, _)| *parent).collect();
    let messages: Vec<&str> = new.iter().map(|(.., new)| &*new.message).collect();
    let rows = db::rows(
        db,
        include_str!("sql/insert_replies.sql"),
        &[&subjects, &parents, &messages],
    )
    .await?;
    outcomes(rows, new.len(), |row| {
        match (row.try_get("author_known")?, row.try_get("parent_live")?) {
            (false, _) => Err(Code::CognitoUserIdBlank.into()),
            (true, false) => Err(Code::ActivityNotFound.into()),
            (true, true) => written(row),
        }
    })
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

/// Moves the words of new activities into their index.
pub async fn flush_search_index(db: &impl GenericClient) -> Result<()> {
    db::row(db, include_str!("sql/flush_search_index.sql"), &[]).await?;
    Ok(())
}
