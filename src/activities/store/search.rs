//! The statements of the search and of its index.

use tokio_postgres::Row;
use uuid::Uuid;

use crate::activities::found::{SearchPosition, SearchStep};
use crate::activities::model::SearchTerm;
use crate::activities::rows::cursor;
use crate::db::{self, GenericClient};
use crate::domain::PageQuery;
use crate::error::{Error, Result};

/// The matches in the tail from `position` on, among `max_read` activities.
pub async fn search_tail(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
    position: SearchPosition<Uuid>,
    max_read: i64,
) -> Result<SearchStep<Uuid>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("../sql/search_tail.sql"),
        &[
            &term.as_str(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &position.newest,
            &position.key,
            &max_read,
        ],
    )
    .await?;
    step(&rows, |row| {
        let is_found: bool = row.try_get("is_found")?;
        Ok(if is_found {
            None
        } else {
            Some(row.try_get("uuid")?)
        })
    })
}

/// The matches in the index from `position` on, among `max_read` segments or fewer: those of so many segments that these
/// have the matches of `pages` pages.
pub async fn search_segments(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
    position: SearchPosition<i32>,
    max_read: i64,
    pages: i64,
) -> Result<SearchStep<i32>> {
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("../sql/search_segments.sql"),
        &[
            &term.as_str(),
            &before.created_at,
            &before.uuid,
            &page.fetch(),
            &position.newest,
            &position.key,
            &max_read,
            &pages,
        ],
    )
    .await?;
    step(&rows, |row| Ok(row.try_get("segment")?))
}

/// Divides rows into cursors and the position for which `key` returns a value.
fn step<K>(rows: &[Row], key: impl Fn(&Row) -> Result<Option<K>>) -> Result<SearchStep<K>> {
    let (mut cursors, mut next) = (Vec::new(), None);
    for row in rows {
        match key(row)? {
            None => cursors.push(cursor(row)?),
            Some(key) => {
                next = Some(SearchPosition {
                    newest: row.try_get("created_at")?,
                    key,
                });
            }
        }
    }
    Ok(SearchStep { cursors, next })
}

/// What there is to do for the search index.
pub struct SearchBacklog {
    /// How many activities are not indexed.
    pub unindexed: i64,
    /// How many of them were written recently by small statements.
    pub recent: i64,
    /// Whether a large segment can be built.
    pub is_full: bool,
    /// Whether at least a small one can be built.
    pub is_buildable: bool,
    /// Whether there are small segments that make a large one.
    pub is_merge_due: bool,
    /// Whether a segment has to be checked.
    pub is_check_due: bool,
    /// Whether a group of segments has to be built or checked.
    pub is_group_due: bool,
}

/// What there is to do for the search index.
pub async fn find_search_backlog(db: &impl GenericClient) -> Result<SearchBacklog> {
    let row = db::row(db, include_str!("../sql/find_search_backlog.sql"), &[]).await?;
    let row =
        row.ok_or_else(|| Error::internal("the tail of the search was not read", "no row"))?;
    Ok(SearchBacklog {
        unindexed: row.try_get("unindexed")?,
        recent: row.try_get("recent")?,
        is_full: row.try_get("is_full")?,
        is_buildable: row.try_get("is_buildable")?,
        is_merge_due: row.try_get("is_merge_due")?,
        is_check_due: row.try_get("is_check_due")?,
        is_group_due: row.try_get("is_group_due")?,
    })
}

/// Builds a segment of the search index from activities of the tail, and returns their number.
pub async fn index_search_tail(db: &impl GenericClient) -> Result<i64> {
    done(db, include_str!("../sql/index_search_tail.sql")).await
}

/// Puts the activities of small segments back into the tail, and returns the number of these segments.
pub async fn merge_search_segments(db: &impl GenericClient) -> Result<i64> {
    done(db, include_str!("../sql/merge_search_segments.sql")).await
}

/// Checks a segment of the search index, and returns the number of its activities.
pub async fn check_search_segment(db: &impl GenericClient) -> Result<i64> {
    done(db, include_str!("../sql/check_search_segment.sql")).await
}

/// Builds or checks a group of segments, and returns whether one was due.
pub async fn index_search_group(db: &impl GenericClient) -> Result<bool> {
    Ok(done(db, include_str!("../sql/index_search_group.sql")).await? > 0)
}

/// The number that a statement returns.
async fn done(db: &impl GenericClient, statement: &'static str) -> Result<i64> {
    let row = db::row(db, statement, &[]).await?;
    let row = row.ok_or_else(|| Error::internal("the search index did not change", "no row"))?;
    Ok(row.try_get(0)?)
}
