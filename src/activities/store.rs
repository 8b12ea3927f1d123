//! One function for each statement of `sql/`. What the statements answer stands in their files.

use std::cmp::Reverse;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Activity, DeletedActivity, NewActivity, NewReply};
use crate::auth::CurrentUser;
use crate::db;
use crate::error::{Code, Error, Result};
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

/// The page of each user, by handle; `None` where nobody has it.
pub async fn list_user_pages(
    db: &impl GenericClient,
    asked: &[(String, PageQuery)],
) -> Result<Vec<Option<Vec<Activity>>>> {
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
    let mut pages: Vec<Option<Page>> = Vec::new();
    pages.resize_with(asked.len(), || None);
    for row in &rows {
        let page = item_at(&mut pages, row)?.get_or_insert_default();
        // A user without activities has a row without one.
        if row.try_get::<_, Option<Uuid>>("uuid")?.is_some() {
            page.put(row, 1)?;
        }
    }
    Ok(pages
        .into_iter()
        .map(|page| page.map(Page::in_order))
        .collect())
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

/// The activities at those places, newest first; what has gone meanwhile is missing.
pub async fn list_by_uuids(db: &impl GenericClient, places: &[Cursor]) -> Result<Vec<Activity>> {
    let uuids: Vec<Uuid> = places.iter().map(|place| place.uuid).collect();
    let rows = db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids]).await?;
    assemble(&rows)
}

/// Each activity with a page of its replies; `None` when it is not there or has expired.
pub async fn find_threads(
    db: &impl GenericClient,
    asked: &[(Uuid, PageQuery)],
) -> Result<Vec<Option<Activity>>> {
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
    let mut threads: Vec<Option<Activity>> = vec![None; asked.len()];
    for row in &rows {
        match item_at(&mut threads, row)? {
            Some(parent) => parent.replies.push(activity(row, 2)?),
            thread => *thread = Some(activity(row, 2)?),
        }
    }
    Ok(threads)
}

/// Stores top-level activities, all or, where this fails, none. Each outcome may be
/// [`Code::CognitoUserIdBlank`]: nobody here belongs to the token.
pub async fn insert_activities(
    db: &impl GenericClient,
    new: &[&(CurrentUser, NewActivity)],
) -> Result<Vec<Result<Activity>>> {
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
    outcomes(new.len(), &rows, |row| {
        match row.try_get::<_, bool>("author_known")? {
            true => activity(row, 2),
            false => Err(Code::CognitoUserIdBlank.into()),
        }
    })
}

/// Stores replies and counts them at their parents, all or, where this fails, none. Each outcome may be
/// [`Code::CognitoUserIdBlank`], or [`Code::ActivityNotFound`] when the parent is gone.
pub async fn insert_replies(
    db: &impl GenericClient,
    new: &[&(CurrentUser, Uuid, NewReply)],
) -> Result<Vec<Result<Activity>>> {
    let subjects: Vec<&str> = new.iter().map(|(user, ..)| user.subject()).collect();
    let parents: Vec<Uuid> = new.iter().map(|(_, parent, _)| *parent).collect();
    let messages: Vec<&str> = new.iter().map(|(.., new)| &*new.message).collect();
    let rows = db::rows(
        db,
        include_str!("sql/insert_replies.sql"),
        &[&subjects, &parents, &messages],
    )
    .await?;
    outcomes(new.len(), &rows, |row| {
        match (row.try_get("author_known")?, row.try_get("parent_live")?) {
            (false, _) => Err(Code::CognitoUserIdBlank.into()),
            (true, false) => Err(Code::ActivityNotFound.into()),
            (true, true) => activity(row, 3),
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
pub async fn settle_search(db: &impl GenericClient) -> Result<()> {
    db::row(db, include_str!("sql/settle_search.sql"), &[]).await?;
    Ok(())
}

/// A page from rows that are all there is to it.
fn assemble(rows: &[Row]) -> Result<Vec<Activity>> {
    let mut page = Page::default();
    for row in rows {
        page.put(row, 0)?;
    }
    Ok(page.in_order())
}

/// A feed's page while its rows come in, in any order.
#[derive(Default)]
struct Page {
    activities: Vec<Activity>,
    /// Those to show under an activity, by its id.
    replies: Vec<(Uuid, Activity)>,
}

impl Page {
    /// `under` and an activity, from column `first` on.
    fn put(&mut self, row: &Row, first: usize) -> Result<()> {
        let activity = activity(row, first + 1)?;
        match row.try_get(first)? {
            Some(under) => self.replies.push((under, activity)),
            None => self.activities.push(activity),
        }
        Ok(())
    }

    /// Newest first, replies oldest first.
    fn in_order(mut self) -> Vec<Activity> {
        self.activities
            .sort_by_key(|activity| Reverse(activity.cursor()));
        self.replies.sort_by_key(|(_, reply)| reply.cursor());
        for (under, reply) in self.replies {
            let mut shown = self.activities.iter_mut();
            if let Some(activity) = shown.find(|activity| activity.uuid == under) {
                activity.replies.push(reply);
            }
        }
        self.activities
    }
}

/// The item of a batch that the row is about: its `place` counts from 1.
fn item_at<'a, T>(items: &'a mut [T], row: &Row) -> Result<&'a mut T> {
    let place = usize::try_from(row.try_get::<_, i64>("place")? - 1);
    place
        .ok()
        .and_then(|place| items.get_mut(place))
        .ok_or_else(|| Error::internal("a batch has a row too many", "the statement is wrong"))
}

/// One outcome for each of `count` items, in their order.
fn outcomes(
    count: usize,
    rows: &[Row],
    outcome: impl Fn(&Row) -> Result<Activity>,
) -> Result<Vec<Result<Activity>>> {
    let mut outcomes: Vec<Option<Result<Activity>>> = Vec::new();
    outcomes.resize_with(count, || None);
    for row in rows {
        *item_at(&mut outcomes, row)? = Some(outcome(row));
    }
    let missing = || Error::internal("a batch has a row too few", "the statement is wrong");
    Ok(outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap_or_else(|| Err(missing())))
        .collect())
}

/// The place that a row names.
pub fn place(row: &Row) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get("uuid")?,
    })
}

/// The activity whose columns begin at `first`; they stand together and in this order in every statement. By
/// its name each would be looked for among all columns, for every row.
fn activity(row: &Row, first: usize) -> Result<Activity> {
    Ok(Activity {
        uuid: row.try_get(first)?,
        display_name: row.try_get(first + 1)?,
        handle: row.try_get(first + 2)?,
        message: row.try_get(first + 3)?,
        replies_count: row.try_get(first + 4)?,
        reposts_count: row.try_get(first + 5)?,
        likes_count: row.try_get(first + 6)?,
        reply_to_activity_uuid: row.try_get(first + 7)?,
        expires_at: row.try_get(first + 8)?,
        created_at: row.try_get(first + 9)?,
        replies: Vec::new(),
    })
}
