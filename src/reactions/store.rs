//! One function for each statement of `sql/`; the comment in each file describes the statement and its parameters. A
//! function fails if its statement fails.

use std::collections::HashMap;

use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Change, Kind, ReactionChange, Reactor};
use crate::activities::{self, FeedRows, Found, ViewerReactions};
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient, WriteOutcome};
use crate::domain::{Cursor, PageQuery};
use crate::error::{Code, Error, Result};
use crate::users;

/// The maximum number of reactions that one statement reads for a page. It reads more than the page has only where
/// users are hidden, or activities have expired that the purge has not deleted yet.
const MAX_READ: i64 = 1_000;

/// Makes and undoes reactions; if it fails, it changes none of them. Each outcome is the activity as JSON with its new
/// counts, [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`],
/// [`Code::ActivityNotFound`] when the activity does not exist or has expired, [`Code::Blocked`] by its author, or
/// [`WriteOutcome::Busy`] while another transaction has locked the activity or the user.
pub async fn update_reactions(
    db: &impl GenericClient,
    changes: &[&(CurrentUser, ReactionChange)],
) -> Result<Vec<WriteOutcome>> {
    let subjects: Vec<&str> = changes.iter().map(|(user, _)| user.subject()).collect();
    let activities: Vec<Uuid> = changes.iter().map(|(_, change)| change.activity).collect();
    let kinds: Vec<&str> = changes
        .iter()
        .map(|(_, change)| change.kind.as_str())
        .collect();
    let are_made = changes.iter().map(|(_, item)| item.change == Change::Make);
    let are_made: Vec<bool> = are_made.collect();
    let with_viewer: Vec<bool> = changes.iter().map(|(_, item)| item.with_viewer).collect();
    let rows = db::rows(
        db,
        include_str!("sql/update_reactions.sql"),
        &[&subjects, &activities, &kinds, &are_made, &with_viewer],
    )
    .await?;
    let (items, feed) = rows
        .into_iter()
        .partition(|row| matches!(row.try_get("ordinal"), Ok(Some(0_i64..))));
    let json = serialised(feed)?;
    activities::outcomes(items, changes.len(), |row| {
        if !row.try_get::<_, bool>("user_known")? {
            return Ok(WriteOutcome::Refused(Code::CognitoUserIdBlank));
        }
        if let Some(code) = users::refusal_of_hidden(row)? {
            return Ok(WriteOutcome::Refused(code));
        }
        if row.try_get("is_blocked")? {
            return Ok(WriteOutcome::Refused(Code::Blocked));
        }
        let activity = json.get(&row.try_get("activity_uuid")?);
        match (
            row.try_get("activity_live")?,
            row.try_get("is_locked")?,
            activity,
        ) {
            (false, ..) => Ok(WriteOutcome::Refused(Code::ActivityNotFound)),
            (true, true, Some(activity)) => Ok(WriteOutcome::Done(answer(row, activity)?)),
            (true, ..) => Ok(WriteOutcome::Busy),
        }
    })
}

/// The activity for one item, with `viewer` if the item wants it.
fn answer(row: &Row, activity: &[u8]) -> Result<Vec<u8>> {
    if !row.try_get::<_, bool>("with_viewer")? {
        return Ok(activity.to_vec());
    }
    let of_user = |column: &str| -> Result<Vec<Uuid>> {
        Ok(row.try_get::<_, Option<_>>(column)?.unwrap_or_default())
    };
    let mut reactions = ViewerReactions::default();
    reactions.add_liked(of_user("liked")?);
    reactions.add_reposted(of_user("reposted")?);
    Ok(reactions.insert_into(activity))
}

/// The activities of a batch as JSON, by their ids.
fn serialised(rows: Vec<Row>) -> Result<HashMap<Uuid, Vec<u8>>> {
    let rows = FeedRows::new(rows);
    let activities = rows.activities()?.into_iter();
    let json = activities.map(|activity| {
        serde_json::to_vec(&activity)
            .map(|json| (activity.uuid, json))
            .map_err(|error| Error::internal("an activity cannot be serialised", error))
    });
    json.collect()
}

/// The users who reacted to an activity, as one statement found them.
pub struct Reactors {
    /// The latest first, up to [`PageQuery::fetch`].
    pub reactors: Vec<Reactor>,
    /// The cursor from which to go on, if the statement ended because it had read as many reactions as it may.
    pub older: Option<Cursor>,
}

/// Who made a reaction of this kind to the activity; `None` when the activity does not exist or has expired.
pub async fn list_reactors(
    db: &impl GenericClient,
    activity: Uuid,
    kind: Kind,
    page: &PageQuery,
) -> Result<Option<Reactors>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_reactors.sql"),
        &[
            &activity,
            &kind.as_str(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &MAX_READ,
        ],
    )
    .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let (mut reactors, mut older) = (Vec::new(), None);
    for row in &rows {
        // An activity without reactions has one row of nulls.
        let Some(uuid) = row.try_get("uuid")? else {
            continue;
        };
        let created_at = row.try_get("created_at")?;
        match row.try_get("is_found")? {
            true => reactors.push(Reactor {
                uuid,
                handle: row.try_get("handle")?,
                display_name: row.try_get("display_name")?,
                created_at,
            }),
            false => older = Some(Cursor { created_at, uuid }),
        }
    }
    Ok(Some(Reactors { reactors, older }))
}

/// The cursors of the activities to which the user made a reaction of this kind, by the time of the reaction.
pub async fn list_user_reactions(
    db: &impl GenericClient,
    user: Uuid,
    kind: Kind,
    page: &PageQuery,
) -> Result<Found> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("sql/list_user_reactions.sql"),
        &[
            &user,
            &kind.as_str(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &MAX_READ,
        ],
    )
    .await?;
    Found::of_rows(&rows)
}
