//! Notifications and search, which are read without batches. One statement finds the cursors of the page, another
//! one reads its activities.

use uuid::Uuid;

use super::found::Found;
use super::model::SearchTerm;
use super::rows::FeedPage;
use super::{search, store};
use crate::auth::CurrentUser;
use crate::db::{Connection, GenericClient};
use crate::domain::PageQuery;
use crate::error::Result;

/// The notifications that a request reads at most. Those of blocked and suspended users and of expired activities are
/// read too, and a user may have any number of them. Reading so many takes 20 ms.
const MAX_NOTIFICATIONS: i64 = 5_000;

/// A page of the replies to activities of `user` and the mentions of `user`, newest first. It has fewer activities than
/// its limit if a request may not read more.
///
/// # Errors
/// A statement fails.
pub async fn list_notifications(
    db: &impl GenericClient,
    user: &CurrentUser,
    query: &PageQuery,
) -> Result<FeedPage> {
    let found = store::list_notifications(db, user, query, MAX_NOTIFICATIONS).await?;
    read_found(db, found, query).await
}

/// A page of the activities that match `term`, newest first.
///
/// # Errors
/// A statement fails.
pub async fn search_activities(
    db: &Connection,
    term: &SearchTerm,
    query: &PageQuery,
) -> Result<FeedPage> {
    let cursors = search::search(db, term, query).await?;
    let older = None;
    read_found(db, Found { cursors, older }, query).await
}

/// Reads the activities that a statement found, in that order. One that was deleted after its cursor was found is
/// missing from the page.
///
/// # Errors
/// The statement fails.
pub async fn read_found(
    db: &impl GenericClient,
    found: Found,
    query: &PageQuery,
) -> Result<FeedPage> {
    let mut cursors = found.cursors;
    let next = query.cut(&mut cursors, |cursor| *cursor).or(found.older);
    let uuids: Vec<Uuid> = cursors.iter().map(|cursor| cursor.uuid).collect();
    let feed = store::list_by_uuids(db, &uuids).await?;
    let mut activities = feed.activities()?;
    activities.sort_by_cached_key(|activity| uuids.iter().position(|uuid| *uuid == activity.uuid));
    FeedPage::of_cut_feed(&activities, next)
}
