//! How a search finds its page: which statement is asked for how much, one after the other. What they
//! answer stands in their files, why there are two in `docs/search.md`.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::SearchTerm;
use super::rows;
use crate::db;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// A common word fills its page among the newest; a rare one is looked up by the index of words, which
/// sorts all that it brings up. By turns, each for more, since neither knows how common the word is or
/// when it was.
const TURNS: [(&str, i64); 5] = [
    (NEWEST, 2_000),
    (BY_WORD, 2_000),
    (NEWEST, 30_000),
    (BY_WORD, 50_000),
    (NEWEST, i64::MAX),
];
const NEWEST: &str = include_str!("sql/search_newest.sql");
const BY_WORD: &str = include_str!("sql/search_by_word.sql");

/// Where the activities are that answer `term`, newest first.
pub async fn search(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let (term, before, limit) = (term.as_str(), page.before(), page.fetch());
    let mut found = Vec::new();
    for (sql, most) in TURNS {
        let (created_at, uuid) = (&before.created_at, &before.uuid);
        found = db::rows(db, sql, &[&term, created_at, uuid, &limit, &most]).await?;
        let is_all = sql == BY_WORD && !are_too_many(&found)?;
        if is_all || page.is_filled_by(&found) {
            break;
        }
    }
    found.iter().map(rows::place).collect()
}

/// Whether the index of words has more than it was asked for.
fn are_too_many(places: &[Row]) -> Result<bool> {
    let first: Option<Option<Uuid>> = places.first().map(|row| row.try_get("uuid")).transpose()?;
    Ok(first == Some(None))
}
