//! The feeds that each request reads by itself: notifications and search. One statement finds the cursors of the
//! page, another one its activities.

use deadpool_postgres::GenericClient;

use super::model::SearchTerm;
use super::rows::FeedPage;
use super::{search, store};
use crate::auth::CurrentUser;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// Replies to the activities of `user` and mentions of `user`, newest first.
///
/// # Errors
/// What a statement fails with.
pub async fn list_notifications(
    db: &impl GenericClient,
    user: &CurrentUser,
    query: &PageQuery,
) -> Result<FeedPage> {
    let cursors = store::list_notifications(db, user, query).await?;
    read_page(db, cursors, query).await
}

/// The activities that match `term`, newest first.
///
/// # Errors
/// What a statement fails with.
pub async fn search_activities(
    db: &impl GenericClient,
    term: &SearchTerm,
    query: &PageQuery,
) -> Result<FeedPage> {
    let cursors = search::search(db, term, query).await?;
    read_page(db, cursors, query).await
}

/// An activity that is deleted between the two statements is missing from the page.
async fn read_page(
    db: &impl GenericClient,
    mut cursors: Vec<Cursor>,
    query: &PageQuery,
) -> Result<FeedPage> {
    let next = query.cut(&mut cursors, |cursor| *cursor);
    let feed = store::list_by_uuids(db, &cursors).await?;
    FeedPage::of(&feed.activities()?, next)
}
