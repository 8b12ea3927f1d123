//! Finds the page of a search with two statements that alternate, each time over more rows. The reasons are in
//! `docs/decisions/0006-search-reads-two-indexes-by-turns.md`.

use super::model::SearchTerm;
use super::store;
use crate::db::GenericClient;
use crate::domain::{Cursor, PageQuery};
use crate::error::Result;

/// A turn of one of the two statements, with the maximum number of activities that it reads.
enum Turn {
    /// Reads the newest activities that no turn has read yet; all of them with `None`. A common word fills its page.
    Newest(Option<i64>),
    /// Reads and sorts every match of a rare word, from the search index.
    ByWord(i64),
}

/// The turns in their order. PostgreSQL has no statistic that tells words that are common now from those that were
/// common once.
const TURNS: [Turn; 5] = [
    Turn::Newest(Some(2_000)),
    Turn::ByWord(2_000),
    Turn::Newest(Some(28_000)),
    Turn::ByWord(50_000),
    Turn::Newest(None),
];

/// The cursors of up to [`PageQuery::fetch`] activities that match `term`, newest first.
///
/// # Errors
/// A statement fails.
pub async fn search(
    db: &impl GenericClient,
    term: &SearchTerm,
    page: &PageQuery,
) -> Result<Vec<Cursor>> {
    let mut found = Vec::new();
    let mut unread = page.before();
    for turn in TURNS {
        match turn {
            Turn::Newest(max_read) => {
                let missing = page.missing(&found);
                let newest = store::search_newest(db, term, &unread, missing, max_read).await?;
                found.extend(newest.cursors);
                match newest.older {
                    Some(older) => unread = older,
                    // The page is full, or no older activity is left.
                    None => break,
                }
            }
            Turn::ByWord(max_read) => {
                let by_word = store::search_by_word(db, term, page, max_read).await?;
                if let Some(all) = by_word {
                    return Ok(all);
                }
            }
        }
    }
    Ok(found)
}
