//! Activities as the parts of a page that the cache amends.

use uuid::Uuid;

use super::dependencies::of_activities;
use super::model::Activity;
use super::rows::FeedRows;
use super::store;
use crate::changes::ListItem;
use crate::db::GenericClient;
use crate::error::{Error, Result};

/// The top-level activities with these ids, except deleted and expired ones.
///
/// # Errors
/// The statement fails.
pub async fn read(db: &impl GenericClient, uuids: &[Uuid]) -> Result<Vec<ListItem>> {
    of_feed(&store::list_by_uuids(db, uuids).await?)
}

/// The top-level activities of the rows, newest first.
///
/// # Errors
/// A column is missing or has another type; an activity cannot be serialised.
pub fn of_feed(feed: &FeedRows) -> Result<Vec<ListItem>> {
    let started_at = feed.started_at()?;
    let activities = feed.activities()?;
    let top_level = activities
        .iter()
        .filter(|activity| activity.reply_to_activity_uuid.is_none());
    let item = |activity: &Activity<'_>| {
        let json = serde_json::to_vec(activity)
            .map_err(|error| Error::internal("an activity cannot be serialised", error))?;
        Ok(ListItem {
            cursor: activity.cursor(),
            json,
            reacted: activity.with_reactions().collect(),
            dependencies: of_activities(std::slice::from_ref(activity), started_at),
        })
    };
    top_level.map(item).collect()
}
