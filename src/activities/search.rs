//! Finds the page of a search with two statements that alternate, each time over more rows. The reasons are in
//! `docs/decisions/0006-search-reads-two-indexes-by-turns.md`.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::SearchTerm;
use super::rows;
use crate::db;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// The statements in the order in which they run, each with the maximum number of activities that it reads. A common
/// word fills its page from the newest activities. A rare word needs the search index, which reads and sorts every
/// match. PostgreSQL has no statistic that tells common words from rare ones.
const ATTEMPTS: [(&str, i64); 5] = [
    (NEWEST, 2_000),
    (BY_WORD, 2_000),
    (NEWEST, 30_000),
    (BY_WORD, 50_000),
    (NEWEST, i64::MAX),
];
const NEWEST: &str = include_str!("sql/search_newest.sql");
const BY_WORD: &str = include_str!("sql/search_by_word.sql");

/// The cursors of up to [`PageQuery::fetch`] activities that match `term`, newest first.
///
/// # Errors
/// A statement fails.
pub async fn search(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let (term, before, limit) = (term.as_str(), page.before(), page.fetch());
    let mut found = Vec::new();
    for (sql, max_read) in ATTEMPTS {
        let (created_at, uuid) = (&before.created_at, &before.uuid);
        found = db::rows(db, sql, &[&term, created_at, uuid, &limit, &max_read]).await?;
        let is_complete = sql == BY_WORD && !exceeds_maximum(&found)?;
        if is_complete || page.is_filled_by(&found) {
            break;
        }
    }
    found.iter().map(rows::cursor).collect()
}

/// Whether [`BY_WORD`] gave up, because the term has as many matches as the statement may read: it then returns one row
/// of nulls.
fn exceeds_maximum(cursors: &[Row]) -> Result<bool> {
    let first: Option<Option<Uuid>> = cursors.first().map(|row| row.try_get("uuid")).transpose()?;
    Ok(first == Some(None))
}
