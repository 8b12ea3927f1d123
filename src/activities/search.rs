//! How a search finds its page: it runs two statements by turns, each time over more rows. Their files say what they
//! answer, `docs/decisions/0006-search-reads-two-indexes-by-turns.md` why there are two.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::SearchTerm;
use super::rows;
use crate::db;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// The statements in the order they run, with the most activities that each reads. A common word fills its page among
/// the newest activities; a rare one is found by the search index, which reads and sorts every match. No
/// statistic says which kind a word is.
const ATTEMPTS: [(&str, i64); 5] = [
    (NEWEST, 2_000),
    (BY_WORD, 2_000),
    (NEWEST, 30_000),
    (BY_WORD, 50_000),
    (NEWEST, i64::MAX),
];
const NEWEST: &str = include_str!("sql/search_newest.sql");
const BY_WORD: &str = include_str!("sql/search_by_word.sql");

/// The cursors of the activities that match `term`, newest first.
///
/// # Errors
/// What a statement fails with.
pub async fn search(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let (term, before, limit) = (term.as_str(), page.before(), page.fetch());
    let mut found = Vec::new();
    for (sql, most) in ATTEMPTS {
        let (created_at, uuid) = (&before.created_at, &before.uuid);
        found = db::rows(db, sql, &[&term, created_at, uuid, &limit, &most]).await?;
        let is_all = sql == BY_WORD && !are_too_many(&found)?;
        if is_all || page.is_filled_by(&found) {
            break;
        }
    }
    found.iter().map(rows::cursor).collect()
}

/// Whether the search index has at least as many matches as the statement may read: then its only row is null.
fn are_too_many(cursors: &[Row]) -> Result<bool> {
    let first: Option<Option<Uuid>> = cursors.first().map(|row| row.try_get("uuid")).transpose()?;
    Ok(first == Some(None))
}
