//! The page of a list that a request names, and the cursor of the next page.

use super::{Code, Cursor};

/// The maximum of `limit`, in rows.
pub const MAX_LIMIT: i64 = 100;
/// The limit of a query without `limit`. The React clients send none and show the first page only.
const DEFAULT_LIMIT: i64 = MAX_LIMIT;

/// The query of a paged route: `limit` from 1 to 100 (default 100), and `before` or `after` with a cursor from the
/// `Link` header of the previous page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageQuery {
    limit: i64,
    before: Option<Cursor>,
    after: Option<Cursor>,
}

impl PageQuery {
    /// The first page, with one row.
    pub fn shortest() -> Self {
        Self {
            limit: 1,
            before: None,
            after: None,
        }
    }

    /// The maximum number of rows on the page.
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// The position before which the rows of a page from new to old lie.
    pub fn before(&self) -> Cursor {
        self.before.unwrap_or_else(Cursor::end)
    }

    /// The position after which the rows of a page from old to new lie.
    pub fn after(&self) -> Cursor {
        self.after.unwrap_or_else(Cursor::start)
    }

    /// Whether the page is the first of its list.
    pub fn is_first(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }

    /// The number of rows to read: one more than the page, which shows whether another page follows.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// The number of rows that `rows` lacks to have [`fetch`](Self::fetch) elements.
    pub fn missing<T>(&self, rows: &[T]) -> i64 {
        let present = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        self.fetch().saturating_sub(present)
    }

    /// Truncates `rows` to the page; returns the cursor of its last row if another page follows.
    pub fn cut<T>(&self, rows: &mut Vec<T>, cursor_of: impl Fn(&T) -> Cursor) -> Option<Cursor> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        rows.last().map(cursor_of)
    }

    /// Parses the query string of a request, and ignores other parameters.
    ///
    /// # Errors
    /// [`Code::MalformedQuery`] for a `limit` that is not a number from 1 to 100; [`Code::MalformedCursor`] for a
    /// `before` or `after` that is not a cursor.
    pub fn parse(query: &str) -> Result<Self, Code> {
        let mut page = Self {
            limit: DEFAULT_LIMIT,
            before: None,
            after: None,
        };
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "limit" => {
                    page.limit = value
                        .parse()
                        .ok()
                        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
                        .ok_or(Code::MalformedQuery)?;
                }
                "before" => {
                    page.before = Some(Cursor::decode(&value).ok_or(Code::MalformedCursor)?);
                }
                "after" => page.after = Some(Cursor::decode(&value).ok_or(Code::MalformedCursor)?),
                _ => {}
            }
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::MAX_LIMIT;

    #[test]
    fn the_view_of_home_returns_one_row_more_than_the_longest_page() {
        let home = include_str!("../../migrations/V3__create_activities.sql");
        let limit = format!("limit {}", MAX_LIMIT + 1);
        assert!(
            home.contains(&limit),
            "the view live_home must have `{limit}`"
        );
    }
}
