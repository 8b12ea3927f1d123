//! Finds the page of a search: in the tail, whose activities are looked at one by one, and in the segments of the index.
//! Both are walked from the newest activities on, a bounded part in each statement, until no activity that is left can be
//! on the page. The reasons are in `docs/decisions/0028-words-are-indexed-in-segments.md`.

use std::iter::repeat;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::found::{SearchPosition, SearchStep};
use super::model::SearchTerm;
use super::store;
use crate::db::{self, Connection};
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// How many activities of the tail each statement looks at.
const TAIL_STEPS: [i64; 2] = [512, 8_192];
/// How many segments of the index each statement reads. One segment has up to 2,048 activities.
const SEGMENT_STEPS: [i64; 3] = [2, 16, 128];

/// The cursors of up to [`PageQuery::fetch`] activities that match `term`, newest first. All statements read one
/// snapshot, because the server moves activities from the tail to the index at the same time.
///
/// # Errors
/// A statement fails.
pub async fn search(db: &Connection, term: &SearchTerm, page: &PageQuery) -> Result<Vec<Cursor>> {
    db::in_one_snapshot(db, async {
        let mut found = Vec::new();
        let tail =
            async |position, max_read| store::search_tail(db, term, page, position, max_read).await;
        walk(
            &mut found,
            page,
            &TAIL_STEPS,
            SearchPosition::first(Uuid::max()),
            tail,
        )
        .await?;
        let segments = async |position, max_read| {
            store::search_segments(db, term, page, position, max_read).await
        };
        walk(
            &mut found,
            page,
            &SEGMENT_STEPS,
            SearchPosition::first(i32::MAX),
            segments,
        )
        .await?;
        Ok(found)
    })
    .await
}

/// Adds matches to the page `found` until no further place can have one that belongs on it. `steps` says how much each
/// statement reads; the last one repeats.
async fn walk<K>(
    found: &mut Vec<Cursor>,
    page: &PageQuery,
    steps: &[i64],
    mut position: SearchPosition<K>,
    read: impl AsyncFn(SearchPosition<K>, i64) -> Result<SearchStep<K>>,
) -> Result<()> {
    let last = steps.last().copied().unwrap_or(1);
    for step in steps.iter().copied().chain(repeat(last)) {
        let step = read(position, step).await?;
        found.extend(step.cursors);
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(usize::try_from(page.fetch()).unwrap_or(usize::MAX));
        match step.next {
            Some(next) if can_follow(found, page, next.newest) => position = next,
            _ => break,
        }
    }
    Ok(())
}

/// Whether an activity created at `newest` may belong on the page.
fn can_follow(found: &[Cursor], page: &PageQuery, newest: DateTime<Utc>) -> bool {
    page.missing(found) > 0 || found.last().is_some_and(|last| last.created_at <= newest)
}
