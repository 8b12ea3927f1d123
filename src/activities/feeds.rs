//! Notifications and search, which are read without batches. One statement finds the cursors of the page, another
//! one reads its activities.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

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

/// Reads the activities at `cursors`. One that was deleted after its cursor was found is missing from the page.
async fn read_page(
    db: &impl GenericClient,
    mut cursors: Vec<Cursor>,
    query: &PageQuery,
) -> Result<FeedPage> {
    let next = query.cut(&mut cursors, |cursor| *cursor);
    let uuids: Vec<Uuid> = cursors.iter().map(|cursor| cursor.uuid).collect();
    let feed = store::list_by_uuids(db, &uuids).await?;
    FeedPage::of(&feed.activities()?, next)
}
