//! A user's page with the activities that the user reposted. One statement finds the entries of the page, another one
//! reads their activities. `user_pages` has the page without reposts.

use std::collections::HashMap;

use uuid::Uuid;

use super::rows::FeedPage;
use super::store;
use super::user_pages::UserPage;
use crate::config::ClientGeneration;
use crate::db::GenericClient;
use crate::domain::PageQuery;
use crate::error::{Code, Result};
use crate::users;

/// A page of the user's own top-level activities and of the activities that the user reposted, newest first. An activity
/// of the user's own that the user reposted is there twice. One that was deleted after the first statement is missing.
///
/// # Errors
/// [`Code::UserNotFound`] when no user has the handle.
pub async fn list_with_reposts(
    db: &impl GenericClient,
    handle: &str,
    query: &PageQuery,
    generation: ClientGeneration,
) -> Result<FeedPage> {
    let (user, profile) = match generation {
        ClientGeneration::Week4 => {
            let user = users::find_visible_user(db, handle).await?;
            (user.ok_or(Code::UserNotFound)?.uuid, None)
        }
        ClientGeneration::Final => {
            let profile = users::find_profile(db, handle).await?;
            let profile = profile.ok_or(Code::UserNotFound)?.profile;
            (profile.uuid, Some(profile))
        }
    };
    let found = store::list_own_and_reposted(db, user, query).await?;
    let mut entries = found.entries;
    let next = query
        .cut(&mut entries, |entry| entry.cursor)
        .or(found.older);
    let uuids: Vec<Uuid> = entries.iter().map(|entry| entry.cursor.uuid).collect();
    let feed = store::list_by_uuids(db, &uuids).await?;
    let activities = feed.activities()?.into_iter();
    let by_uuid: HashMap<_, _> = activities
        .map(|activity| (activity.uuid, activity))
        .collect();
    let shown = entries.iter().filter_map(|entry| {
        let mut activity = by_uuid.get(&entry.cursor.uuid)?.clone();
        activity.reposted_at = entry.is_repost.then_some(entry.cursor.created_at);
        Some(activity)
    });
    UserPage::new(profile, shown.collect()).into_page(next)
}
