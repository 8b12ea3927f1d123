//! Finds the page of a search: in the tail, whose activities are looked at one by one, and in the segments of the index.
//! Both are walked from the newest activities on, a bounded part in each statement, until no activity that is left can be
//! on the page. The reasons are in `docs/decisions/0028-words-are-indexed-in-segments.md`.

use chrono::{DateTime, Utc};
use futures_util::try_join;
use uuid::Uuid;

use super::found::{SearchPosition, SearchStep};
use super::model::SearchTerm;
use super::store;
use crate::db::{self, Connection};
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// How many activities of the tail the first statement looks at, and each further one.
const TAIL_STEPS: (i64, [i64; 1]) = (512, [8_192]);
/// How many segments of the index the first statement reads, and the further ones, and how many pages of matches these look
/// up. One segment has up to 2,048 activities. So many in the last steps because these leave out the segments that have not
/// each word; and more pages in the very last, which is needed only where few of the matches are shown.
const SEGMENT_STEPS: ((i64, i64), [(i64, i64); 3]) = ((2, 2), [(16, 2), (1_024, 2), (1_024, 8)]);

/// The cursors of up to [`PageQuery::fetch`] activities that match `term`, newest first. All statements read one
/// snapshot, because the server moves activities from the tail to the index at the same time.
///
/// # Errors
/// A statement fails.
pub async fn search(db: &Connection, term: &SearchTerm, page: &PageQuery) -> Result<Vec<Cursor>> {
    db::in_one_snapshot(db, async {
        let tail =
            async |position, max_read| store::search_tail(db, term, page, position, max_read).await;
        let segments = async |position, (max_read, pages)| {
            store::search_segments(db, term, page, position, max_read, pages).await
        };
        // Most searches need these two only, which the server gets at once.
        let (in_tail, in_segments) = try_join!(
            tail(SearchPosition::first(Uuid::max()), TAIL_STEPS.0),
            segments(SearchPosition::first(i32::MAX), SEGMENT_STEPS.0),
        )?;
        let mut found = Vec::new();
        walk(&mut found, page, in_tail, &TAIL_STEPS.1, tail).await?;
        walk(&mut found, page, in_segments, &SEGMENT_STEPS.1, segments).await?;
        Ok(found)
    })
    .await
}

/// Adds the matches of the first step, and of further ones, to the page `found` until no further place can have one that
/// belongs on it. `sizes` says how much each further statement reads; the last one repeats.
async fn walk<K, S: Copy>(
    found: &mut Vec<Cursor>,
    page: &PageQuery,
    first: SearchStep<K>,
    sizes: &[S],
    read: impl AsyncFn(SearchPosition<K>, S) -> Result<SearchStep<K>>,
) -> Result<()> {
    let mut step = first;
    for size in sizes.iter().chain(sizes.last().into_iter().cycle()) {
        found.extend(step.cursors);
        found.sort_unstable_by(|one, other| other.cmp(one));
        found.truncate(usize::try_from(page.fetch()).unwrap_or(usize::MAX));
        match step.next {
            Some(next) if can_follow(found, page, next.newest) => step = read(next, *size).await?,
            _ => break,
        }
    }
    Ok(())
}

/// Whether an activity created at `newest` may belong on the page.
fn can_follow(found: &[Cursor], page: &PageQuery, newest: DateTime<Utc>) -> bool {
    page.missing(found) > 0 || found.last().is_some_and(|last| last.created_at <= newest)
}
