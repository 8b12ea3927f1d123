//! Pages of the users who reacted to an activity, and of the activities to which a user reacted.

use uuid::Uuid;

use super::model::{Kind, Reactor};
use super::store;
use crate::activities::{self, FeedPage};
use crate::db::GenericClient;
use crate::domain::{Cursor, PageQuery};
use crate::error::{Code, Result};
use crate::users;

/// A page of the users who made a reaction of this kind to the activity, the latest first, with the cursor of the next
/// page.
///
/// # Errors
/// [`Code::ActivityNotFound`] when it does not exist or has expired.
pub async fn list_reactors(
    db: &impl GenericClient,
    activity: Uuid,
    kind: Kind,
    page: &PageQuery,
) -> Result<(Vec<Reactor>, Option<Cursor>)> {
    let found = store::list_reactors(db, activity, kind, page)
        .await?
        .ok_or(Code::ActivityNotFound)?;
    let mut reactors = found.reactors;
    let next = page.cut(&mut reactors, Reactor::cursor).or(found.older);
    Ok((reactors, next))
}

/// A page of the activities to which the user with `handle` made a reaction of this kind, the latest reaction first.
///
/// # Errors
/// [`Code::UserNotFound`] when no user has the handle.
pub async fn list_activities(
    db: &impl GenericClient,
    handle: &str,
    kind: Kind,
    page: &PageQuery,
) -> Result<FeedPage> {
    let user = users::find_visible_user(db, handle)
        .await?
        .ok_or(Code::UserNotFound)?;
    let found = store::list_user_reactions(db, user.uuid, kind, page).await?;
    activities::read_found(db, found, page).await
}
