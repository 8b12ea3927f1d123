//! Notifications and search, which are read without batches. One statement finds the cursors of the page, another
//! one reads its activities.

use deadpool_postgres::GenericClient;

use super::found::Found;
use super::model::SearchTerm;
use super::rows::FeedPage;
use super::{search, store};
use crate::auth::CurrentUser;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// A page of the replies to activities of `user` and the mentions of `user`, newest first.
///
/// # Errors
/// A statement fails.
pub async fn list_notifications(
    db: &impl GenericClient,
    user: &CurrentUser,
    query: &PageQuery,
) -> Result<FeedPage> {
    let cursors = store::list_notifications(db, user, query).await?;
    read_page(db, cursors, query).await
}

/// A page of the activities that match `term`, newest first.
///
/// # Errors
/// A statement fails.
pub async fn search_activities(
    db: &impl GenericClient,
    term: &SearchTerm,
    query: &PageQuery,
) -> Result<FeedPage> {
    let cursors = search::search(db, term, query).await?;
    read_page(db, cursors, query).await
}

async fn read_page(
    db: &impl GenericClient,
    cursors: Vec<Cursor>,
    query: &PageQuery,
) -> Result<FeedPage> {
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
    let feed = store::list_by_uuids(db, &cursors).await?;
    let mut activities = feed.activities()?;
    activities.sort_by_cached_key(|activity| {
        let mut uuids = cursors.iter().map(|cursor| cursor.uuid);
        uuids.position(|uuid| uuid == activity.uuid)
    });
    FeedPage::of_cut_feed(&activities, next)
}
