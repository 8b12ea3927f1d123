//! The pages of home, which are requested far more often than rows change. Each batch first takes a snapshot of the
//! database, which costs a tenth of reading a page. If it sees the same rows as the previous snapshot, the batch
//! returns the pages that were read then. A batch takes its snapshot after its requests arrived, so no response is
//! older than its request.

use std::collections::HashMap;
use std::iter;

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::rows::FeedPage;
use super::store;
use crate::db::{Connection, Snapshot};
use crate::domain::PageQuery;
use crate::error::Result;

/// The number of pages kept for one snapshot. The first page of each `limit` is kept even beyond this number.
const MAX_PAGES: usize = 100;

/// The pages of home that belong to the latest snapshot.
#[derive(Default)]
pub struct Home(Mutex<Option<KnownPages>>);

/// The pages that belong to one snapshot.
struct KnownPages {
    snapshot: Snapshot,
    pages: HashMap<PageQuery, KnownPage>,
}

/// A page and the period in which it is valid: from the snapshot until the first activity on the page expires.
#[derive(Clone)]
struct KnownPage {
    page: FeedPage,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Home {
    /// The current pages, in the order of `queries`.
    ///
    /// # Errors
    /// A statement fails.
    pub async fn read(&self, db: &Connection, queries: &[PageQuery]) -> Result<Vec<FeedPage>> {
        let mut known = self.0.lock().await;
        let snapshot = Snapshot::take(db).await?;
        let time = snapshot.time;
        let known = match &mut *known {
            Some(known) if snapshot.sees_same_rows_as(&known.snapshot) => known,
            outdated => outdated.insert(KnownPages {
                snapshot,
                pages: HashMap::new(),
            }),
        };
        let read_if_unknown = async |query| match known.pages.get(query) {
            Some(known) if (known.from..known.until).contains(&time) => Ok(known.clone()),
            _ => read_page(db, query, time).await,
        };
        let pages = try_join_all(queries.iter().map(read_if_unknown)).await?;
        for (query, page) in queries.iter().zip(&pages) {
            if query.is_first() || known.pages.len() < MAX_PAGES {
                known.pages.insert(*query, page.clone());
            }
        }
        Ok(pages.into_iter().map(|known| known.page).collect())
    }
}

/// Reads a page that is valid from `time` on, which is the time of a snapshot taken before.
async fn read_page(db: &Connection, query: &PageQuery, time: DateTime<Utc>) -> Result<KnownPage> {
    let feed = store::list_home(db, query).await?;
    let activities = feed.activities()?;
    // A reply expires with its parent, unless an operator has changed one of the two.
    let until = activities
        .iter()
        .flat_map(|activity| iter::once(activity).chain(&activity.replies))
        .filter_map(|activity| activity.expires_at)
        .min();
    Ok(KnownPage {
        page: FeedPage::of_feed(activities, query)?,
        from: time,
        until: until.unwrap_or(DateTime::<Utc>::MAX_UTC),
    })
}
