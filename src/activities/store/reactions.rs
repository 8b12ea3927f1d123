//! The statements that read reactions for pages of activities. The slice `reactions` has those that change them.

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::activities::found::UserPageEntries;
use crate::activities::reactors::{MAX_REACTIONS, Reactors};
use crate::activities::rows::by_ordinal;
use crate::activities::viewer::{ViewerQuery, ViewerReactions};
use crate::db::{self, GenericClient};
use crate::domain::PageQuery;
use crate::error::Result;

/// The maximum number of reposts that one statement reads for a page. It reads more than the page has only where
/// users are hidden, or activities have expired that the purge has not deleted yet.
const MAX_READ: i64 = 1_000;

/// The reactions of all users to the activities of a page.
pub async fn list_reactions_of_page(
    db: &impl GenericClient,
    activities: &Arc<[Uuid]>,
) -> Result<Reactors> {
    let statement = include_str!("../sql/list_reactions_of_page.sql");
    let limit = i64::try_from(MAX_REACTIONS + 1).unwrap_or(i64::MAX);
    let rows = db::rows(db, statement, &[&&**activities, &limit]).await?;
    Reactors::of_rows(activities.clone(), &rows)
}

/// The reactions of each user to the activities of a page.
pub async fn list_viewer_reactions(
    db: &impl GenericClient,
    queries: &[ViewerQuery],
) -> Result<Vec<ViewerReactions>> {
    // Many users read the same page, whose ids are sent once.
    let mut activities: Vec<Uuid> = Vec::new();
    let mut ranges: HashMap<&[Uuid], (i32, i32)> = HashMap::new();
    for query in queries {
        ranges.entry(&*query.activities).or_insert_with(|| {
            let first = position(activities.len() + 1);
            activities.extend_from_slice(&query.activities);
            (first, position(activities.len()))
        });
    }
    let subjects: Vec<&str> = queries.iter().map(|query| &*query.subject).collect();
    let of_items = queries
        .iter()
        .filter_map(|query| ranges.get(&*query.activities));
    let (first, last): (Vec<i32>, Vec<i32>) = of_items.copied().unzip();
    let rows = db::rows(
        db,
        include_str!("../sql/list_viewer_reactions.sql"),
        &[&subjects, &activities, &first, &last],
    )
    .await?;
    let reactions = by_ordinal(rows, queries.len(), |rows| ViewerReactions::of_rows(&rows))?;
    let of_items = reactions.into_iter();
    of_items
        .map(|reactions| reactions.unwrap_or_else(|| Ok(ViewerReactions::default())))
        .collect()
}

/// A position in an array of SQL. A batch has far fewer elements than an `i32` can count.
fn position(position: usize) -> i32 {
    i32::try_from(position).unwrap_or(i32::MAX)
}

/// The cursors of a user's own top-level activities and of the activities that the user reposted, newest first.
pub async fn list_own_and_reposted(
    db: &impl GenericClient,
    user: Uuid,
    page: &PageQuery,
) -> Result<UserPageEntries> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("../sql/list_own_and_reposted.sql"),
        &[
            &user,
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &MAX_READ,
        ],
    )
    .await?;
    UserPageEntries::of_rows(&rows)
}
