//! A page of notices. One statement finds the notices, another one reads their activities.

use std::collections::HashMap;

use uuid::Uuid;

use super::model::{Notice, StoredNotice};
use super::store;
use crate::activities::{self, Activity, FeedPage};
use crate::auth::CurrentUser;
use crate::db::GenericClient;
use crate::domain::PageQuery;
use crate::error::Result;

/// A page of the notices of `user`, the latest first. One whose activity was deleted after it was found is missing from
/// the page.
///
/// # Errors
/// A statement fails.
pub async fn list_notices(
    db: &impl GenericClient,
    user: &CurrentUser,
    query: &PageQuery,
) -> Result<FeedPage> {
    let found = store::list_notices(db, user, query).await?;
    let mut notices = found.notices;
    let next = query
        .cut(&mut notices, |notice| notice.cursor)
        .or(found.older);
    let uuids: Vec<Uuid> = notices.iter().map(|notice| notice.activity).collect();
    let rows = activities::list_by_uuids(db, &uuids).await?;
    let activities = rows.activities()?;
    let by_uuid: HashMap<Uuid, &Activity<'_>> = activities
        .iter()
        .map(|activity| (activity.uuid, activity))
        .collect();
    let with_activity = |notice: StoredNotice| {
        let activity = by_uuid.get(&notice.activity)?;
        notice.with_activity(activity)
    };
    let notices: Vec<Notice<'_>> = notices.into_iter().filter_map(with_activity).collect();
    FeedPage::of(&notices, &activities, next)
}
