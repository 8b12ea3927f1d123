//! The pages of home that one batch reads. `batches` asks the cache first.

use futures_util::stream::{self, StreamExt};

use super::{items, store};
use crate::changes::{Fresh, ListPage, ListRange};
use crate::db::Connection;
use crate::domain::PageQuery;
use crate::error::Result;

/// The memory in bytes of the pages that one batch reads: a dozen of the longest.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The pages for which a batch has sent statements at the same time. PostgreSQL answers one after the other.
const PIPELINED_READS: usize = 4;

/// The pages, in the order of `queries`; `None` for a page that belongs into the next batch, because this one has read
/// [`MAX_BYTES`].
///
/// # Errors
/// A statement fails.
pub async fn read(db: &Connection, queries: &[PageQuery]) -> Result<Vec<Option<Fresh>>> {
    let mut pages = Vec::new();
    pages.resize_with(queries.len(), || None);
    let mut shortest_first: Vec<usize> = (0..queries.len()).collect();
    // Long pages do not defer short ones.
    shortest_first.sort_by_key(|&index| queries[index].limit());
    let mut reads = stream::iter(shortest_first)
        .map(async |index| (index, read_page(db, &queries[index]).await))
        .buffered(PIPELINED_READS);
    let mut bytes = 0;
    while bytes < MAX_BYTES
        && let Some((index, page)) = reads.next().await
    {
        let page = page?;
        bytes += page.answer.json.allocated_bytes();
        pages[index] = Some(page);
    }
    drop(reads);
    Ok(pages)
}

async fn read_page(db: &Connection, query: &PageQuery) -> Result<Fresh> {
    let feed = store::list_home(db, query).await?;
    let limit = usize::try_from(query.limit()).unwrap_or_default();
    let page = ListPage::new(
        limit,
        ListRange::of_home(query, None),
        items::of_feed(&feed)?,
    );
    // New activities belong on the first page.
    Ok(Fresh::of_list(page, query.is_first()).read_by(feed.mark()?))
}
