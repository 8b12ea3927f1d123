//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails. `rows` makes activities of the rows; `purge` has the statements of the purge,
//! `reactions` those that read likes and reposts, `search` those of the search and of its index.

mod purge;
mod reactions;
mod search;

use uuid::Uuid;

use super::found::Found;
use super::model::{DeletedActivity, NewActivity, NewReply};
use super::rows::{FeedRows, ThreadRows, by_ordinal, outcomes, refusal_of_author, stored};
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient, WriteOutcome};
use crate::domain::{Cursor, PageQuery};
use crate::error::{Code, Result};
pub use purge::{
    add_up_crud_counts, delete_expired, delete_thread, find_purge_lag, list_deleted_activities,
};
pub use reactions::{list_own_and_reposted, list_reactions_of_page, list_viewer_reactions};
pub use search::{
    SearchBacklog, check_search_segment, find_search_backlog, index_search_group,
    index_search_tail, merge_search_segments, search_segments, search_tail,
};

/// A page of the live top-level activities of all users.
pub async fn list_home(db: &impl GenericClient, page: &PageQuery) -> Result<FeedRows> {
    let before = page.before();
    db::rows(
        db,
        include_str!("sql/list_home.sql"),
        &[&before.created_at, &before.uuid, &page.fetch()],
    )
    .await
    .map(FeedRows::new)
}

/// A page of each user's live top-level activities; `None` when no user has the handle.
pub async fn list_user_pages(
    db: &impl GenericClient,
    queries: &[(String, PageQuery)],
) -> Result<Vec<Option<FeedRows>>> {
    let handles: Vec<&str> = queries.iter().map(|(handle, _)| handle.as_str()).collect();
    let before = queries.iter().map(|(_, page)| page.before());
    let (created_at, uuid): (Vec<_>, Vec<_>) = before.map(Cursor::parts).unzip();
    let at_most: Vec<i64> = queries.iter().map(|(_, page)| page.fetch()).collect();
    let rows = db::rows(
        db,
        include_str!("sql/list_user_pages.sql"),
        &[&handles, &created_at, &uuid, &at_most],
    )
    .await?;
    by_ordinal(rows, queries.len(), FeedRows::new)
}

/// The cursors of a page of the activities that reply to or mention `user`, newest first, among the `max_read` latest
/// notifications.
pub async fn list_notifications(
    db: &impl GenericClient,
    user: &CurrentUser,
    page: &PageQuery,
    max_read: i64,
) -> Result<Found> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_notifications.sql"),
        &[
            &user.subject(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &max_read,
        ],
    )
    .await?;
    Found::of_rows(&rows)
}

/// The activities with these ids, except deleted and expired ones.
pub async fn list_by_uuids(db: &impl GenericClient, uuids: &[Uuid]) -> Result<FeedRows> {
    db::rows(db, include_str!("sql/list_by_uuids.sql"), &[&uuids])
        .await
        .map(FeedRows::new)
}

/// Each activity with a page of its replies; `None` when it does not exist or has expired.
pub async fn find_threads(
    db: &impl GenericClient,
    queries: &[(Uuid, PageQuery)],
) -> Result<Vec<Option<ThreadRows>>> {
    let uuids: Vec<Uuid> = queries.iter().map(|(uuid, _)| *uuid).collect();
    let after = queries.iter().map(|(_, page)| page.after());
    let (created_at, after_uuids): (Vec<_>, Vec<_>) = after.map(Cursor::parts).unzip();
    let at_most: Vec<i64> = queries.iter().map(|(_, page)| page.fetch()).collect();
    let rows = db::rows(
        db,
        include_str!("sql/find_threads.sql"),
        &[&uuids, &created_at, &after_uuids, &at_most],
    )
    .await?;
    by_ordinal(rows, queries.len(), ThreadRows::new)
}

/// Stores top-level activities; if it fails, it stores none of them. Each outcome is the activity as JSON, or
/// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`].
pub async fn insert_activities(
    db: &impl GenericClient,
    new: &[&(CurrentUser, NewActivity)],
) -> Result<Vec<WriteOutcome>> {
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
    outcomes(rows, new.len(), |row| match refusal_of_author(row)? {
        None => stored(row),
        Some(code) => Ok(WriteOutcome::Refused(code)),
    })
}

/// Stores replies and adds them to the counts of their parents; if it fails, it stores none of them. Each outcome is
/// the reply as JSON, [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`],
/// [`Code::ActivityNotFound`] when the parent does not exist or has expired, [`Code::Blocked`] by the parent's author, or
/// [`WriteOutcome::Busy`] while another transaction has locked the parent.
pub async fn insert_replies(
    db: &impl GenericClient,
    new: &[&(CurrentUser, Uuid, NewReply)],
) -> Result<Vec<WriteOutcome>> {
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
        let refusal = match refusal_of_author(row)? {
            None if !row.try_get::<_, bool>("parent_live")? => Some(Code::ActivityNotFound),
            None if row.try_get("author_blocked")? => Some(Code::Blocked),
            refusal => refusal,
        };
        match refusal {
            Some(code) => Ok(WriteOutcome::Refused(code)),
            None if row.try_get("parent_locked")? => stored(row),
            None => Ok(WriteOutcome::Busy),
        }
    })
}

/// Who deletes an activity.
pub enum Deleter<'a> {
    /// This user, who must have written it.
    Author(&'a CurrentUser),
    /// An operator, who may delete every activity.
    Operator,
}

/// Deletes an activity and all replies below it.
///
/// # Errors
/// [`Code::Forbidden`] for an activity of another user, [`Code::ActivityNotFound`] for one that does not exist or has
/// expired.
pub async fn delete_activity(
    db: &impl GenericClient,
    deleter: Deleter<'_>,
    uuid: Uuid,
) -> Result<DeletedActivity> {
    let author = match deleter {
        Deleter::Author(user) => Some(user.subject()),
        Deleter::Operator => None,
    };
    let statement = include_str!("sql/delete_activity.sql");
    let row = db::row(db, statement, &[&uuid, &author])
        .await?
        .ok_or(Code::ActivityNotFound)?;
    match (row.try_get("is_author")?, row.try_get("is_deleted")?) {
        (false, _) => Err(Code::Forbidden.into()),
        (true, false) => Err(Code::ActivityNotFound.into()),
        (true, true) => Ok(DeletedActivity { uuid }),
    }
}
