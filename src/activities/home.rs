//! Home is asked for far more often than anything changes. So each batch asks the database first whether
//! anything has, which costs a tenth of reading the page; only then are the bytes of the last
//! time its answer. No answer is given without that question, so none is older than its request.

use std::collections::HashMap;
use std::iter;

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio::sync::Mutex;

use super::batches::Page;
use super::store;
use crate::db::{Connection, Snapshot};
use crate::domain::PageQuery;
use crate::error::Result;

/// How many pages are kept, until something changes. The first ones always are, of which there is one for
/// each limit.
const MAX_PAGES: usize = 100;

/// The pages as they were read last. Those further down begin where the ones above them end, for everybody.
#[derive(Default)]
pub struct Home(Mutex<Option<Seen>>);

struct Seen {
    moment: Snapshot,
    pages: HashMap<PageQuery, Lasting>,
}

/// A page that stays as it is until the first of what is on it expires.
#[derive(Clone)]
struct Lasting {
    page: Page,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Home {
    /// These pages, as of a statement that is sent now.
    pub async fn read(&self, db: &Connection, asked: &[PageQuery]) -> Result<Vec<Page>> {
        let mut seen = self.0.lock().await;
        let now = Snapshot::take(db).await?;
        let time = now.time;
        let seen = match &mut *seen {
            Some(seen) if now.sees_same_rows_as(&seen.moment) => seen,
            outdated => outdated.insert(Seen {
                moment: now,
                pages: HashMap::new(),
            }),
        };
        let pages = try_join_all(asked.iter().map(async |query| match seen.pages.get(query) {
            Some(known) if (known.from..known.until).contains(&time) => Ok(known.clone()),
            _ => read(db, query, time).await,
        }))
        .await?;
        for (query, page) in asked.iter().zip(&pages) {
            if query.is_first() || seen.pages.len() < MAX_PAGES {
                seen.pages.insert(*query, page.clone());
            }
        }
        Ok(pages.into_iter().map(|lasting| lasting.page).collect())
    }
}

/// `now` is of a look before.
async fn read(db: &Connection, query: &PageQuery, now: DateTime<Utc>) -> Result<Lasting> {
    let feed = store::list_home(db, query).await?;
    let activities = feed.activities()?;
    // A reply expires with its parent, unless somebody has moved one of them.
    let until = activities
        .iter()
        .flat_map(|activity| iter::once(activity).chain(&activity.replies))
        .filter_map(|activity| activity.expires_at)
        .min();
    Ok(Lasting {
        page: Page::of(activities, query)?,
        from: now,
        until: until.unwrap_or(DateTime::<Utc>::MAX_UTC),
    })
}
