//! What one statement found of a list: the cursors of a page, and where the next statement goes on.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;

use super::rows::cursor;
use crate::domain::Cursor;
use crate::error::Result;

/// The part of a list that one statement found.
pub struct Found {
    /// The cursors of the activities in the order of the list, one more than the page has if another page follows.
    pub cursors: Vec<Cursor>,
    /// The cursor from which to go on, if the statement ended because it had read as many rows as it may.
    pub older: Option<Cursor>,
}

impl Found {
    /// Reads rows with a cursor and the column `is_found`, which is false in a row with the cursor from which to go on.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_rows(rows: &[Row]) -> Result<Self> {
        let (mut cursors, mut older) = (Vec::new(), None);
        for row in rows {
            match row.try_get("is_found")? {
                true => cursors.push(cursor(row)?),
                false => older = Some(cursor(row)?),
            }
        }
        Ok(Self { cursors, older })
    }
}

/// The entries of a user's page with reposts.
pub struct UserPageEntries {
    /// Newest first, one more than the page has if another page follows.
    pub entries: Vec<UserPageEntry>,
    /// The cursor from which to go on, if the statement ended because it had read as many rows as it may.
    pub older: Option<Cursor>,
}

/// An activity of the user's own, or one that the user reposted.
pub struct UserPageEntry {
    /// The activity's id, and when the user created or reposted it.
    pub cursor: Cursor,
    /// Whether the user reposted it.
    pub is_repost: bool,
}

impl UserPageEntries {
    /// Reads rows as [`Found::of_rows`] does, which have the column `is_repost` too.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_rows(rows: &[Row]) -> Result<Self> {
        let (mut entries, mut older) = (Vec::new(), None);
        for row in rows {
            let cursor = cursor(row)?;
            match row.try_get("is_found")? {
                true => entries.push(UserPageEntry {
                    cursor,
                    is_repost: row.try_get("is_repost")?,
                }),
                false => older = Some(cursor),
            }
        }
        Ok(Self { entries, older })
    }
}

/// A place in the tail or in the index of the search, in the order in which a search walks them.
#[derive(Debug, Clone, Copy)]
pub struct SearchPosition<K> {
    /// When the newest activity at this place was created: none that follows is newer.
    pub newest: DateTime<Utc>,
    /// Decides between places with the same newest activity.
    pub key: K,
}

impl<K> SearchPosition<K> {
    /// The place before all others, whose keys are at most `key`.
    pub fn first(key: K) -> Self {
        Self {
            newest: Cursor::end().created_at,
            key,
        }
    }
}

/// What one statement of a search found.
pub struct SearchStep<K> {
    /// The cursors of matches, newest first.
    pub cursors: Vec<Cursor>,
    /// Where the next statement begins.
    pub next: Option<SearchPosition<K>>,
}
