//! A page of notices. One statement finds the notices, another one reads their activities.

use std::collections::HashMap;

use uuid::Uuid;

use super::model::{FoundNotice, Notice, StoredNotice};
use super::store;
use crate::activities::{self, Activity, FeedPage};
use crate::auth::CurrentUser;
use crate::db::GenericClient;
use crate::domain::PageQuery;
use crate::error::{Error, Result};

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

/// The notices with these ids, except those that their receivers do not see.
///
/// # Errors
/// A statement fails.
pub async fn list_by_uuids(db: &impl GenericClient, uuids: &[Uuid]) -> Result<Vec<FoundNotice>> {
    let found = store::list_by_uuids(db, uuids).await?;
    let of_notices: Vec<Uuid> = found.iter().map(|(_, notice)| notice.activity).collect();
    let rows = activities::list_by_uuids(db, &of_notices).await?;
    let activities = rows.activities()?;
    let by_uuid: HashMap<Uuid, &Activity<'_>> = activities
        .iter()
        .map(|activity| (activity.uuid, activity))
        .collect();
    let mut notices = Vec::new();
    for (receiver, notice) in found {
        let activity = by_uuid.get(&notice.activity);
        let Some(notice) = activity.and_then(|activity| notice.with_activity(activity)) else {
            continue;
        };
        notices.push(FoundNotice {
            uuid: notice.uuid,
            receiver,
            json: serde_json::to_string(&notice)
                .map_err(|error| Error::internal("a notice cannot be serialised", error))?,
        });
    }
    Ok(notices)
}
