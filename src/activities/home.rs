//! The pages of home, which are requested far more often than rows change. Each batch first takes a snapshot of the
//! database, which costs a tenth of reading a page. If it sees the same rows as the previous snapshot, the batch
//! returns the pages that were read then. A batch takes its snapshot after its requests arrived, so no response is
//! older than its request.

use std::collections::HashMap;
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use tokio::sync::Mutex;

use super::metrics::ActivityMetrics;
use super::rows::FeedPage;
use super::store;
use crate::db::{Connection, Snapshot};
use crate::domain::PageQuery;
use crate::error::Result;

/// The memory in bytes that the kept pages may use, and the pages that one batch reads. It holds two thousand usual
/// pages of our client, or a dozen of the longest.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The pages for which a batch has sent statements at the same time. PostgreSQL answers one after the other.
const PIPELINED_READS: usize = 4;

/// Asks for a page of home.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HomeQuery {
    /// Which page.
    pub page: PageQuery,
    /// Whether the answer has the flags of the request's user.
    pub with_reactors: bool,
}

/// The pages of home that belong to the latest snapshot.
pub struct Home {
    known: Mutex<Option<KnownPages>>,
    metrics: ActivityMetrics,
}

/// The pages that belong to one snapshot.
struct KnownPages {
    snapshot: Snapshot,
    pages: PageCache,
}

/// A page and the period in which it is valid: from the snapshot until the first activity on the page expires.
#[derive(Clone)]
struct KnownPage {
    page: FeedPage,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Home {
    /// Without any page.
    pub fn new(metrics: ActivityMetrics) -> Self {
        Self {
            known: Mutex::default(),
            metrics,
        }
    }

    /// The current pages, in the order of `queries`; `None` for a page that belongs into the next batch, because this
    /// one has read [`MAX_BYTES`].
    ///
    /// # Errors
    /// A statement fails.
    pub async fn read(
        &self,
        db: &Connection,
        queries: &[HomeQuery],
    ) -> Result<Vec<Option<FeedPage>>> {
        let mut known = self.known.lock().await;
        let snapshot = Snapshot::take(db).await?;
        let time = snapshot.time;
        let pages = match &mut *known {
            Some(known) if snapshot.sees_same_rows_as(&known.snapshot) => &mut known.pages,
            outdated => {
                let pages = PageCache::new(MAX_BYTES);
                &mut outdated.insert(KnownPages { snapshot, pages }).pages
            }
        };
        let mut answers: Vec<Option<KnownPage>> = queries
            .iter()
            .map(|query| pages.find(&query.page, time))
            .collect();
        read_reactors(db, queries, &mut answers, pages).await?;
        let mut missing: Vec<usize> = (0..queries.len())
            .filter(|&index| answers[index].is_none())
            .collect();
        let from_memory = queries.len() - missing.len();
        // Short pages first, so that long ones do not defer them.
        missing.sort_by_key(|&index| queries[index].page.limit());
        let mut reads = stream::iter(missing)
            .map(async |index| (index, read_page(db, &queries[index].page, time).await))
            .buffered(PIPELINED_READS);
        let mut bytes = 0;
        while bytes < MAX_BYTES
            && let Some((index, page)) = reads.next().await
        {
            let page = page?;
            bytes += page.size();
            pages.insert(queries[index].page, page.clone());
            answers[index] = Some(page);
        }
        drop(reads);
        let read = answers.iter().flatten().count() - from_memory;
        self.metrics
            .count_home(from_memory, read, pages.bytes, pages.pages.len());
        let page = |answer: Option<KnownPage>| answer.map(|known| known.page);
        Ok(answers.into_iter().map(page).collect())
    }
}

/// Pages that together use a limited number of bytes. Beyond it, the page that was used longest ago is thrown out.
struct PageCache {
    max_bytes: usize,
    bytes: usize,
    /// The number of uses so far, which orders the uses of pages.
    uses: u64,
    pages: HashMap<PageQuery, CachedPage>,
}

struct CachedPage {
    page: KnownPage,
    last_use: u64,
}

impl PageCache {
    fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            bytes: 0,
            uses: 0,
            pages: HashMap::new(),
        }
    }

    /// The page, if it is valid at `time`.
    fn find(&mut self, query: &PageQuery, time: DateTime<Utc>) -> Option<KnownPage> {
        let cached = self.pages.get_mut(query)?;
        if !(cached.page.from..cached.page.until).contains(&time) {
            return None;
        }
        self.uses += 1;
        cached.last_use = self.uses;
        Some(cached.page.clone())
    }

    /// Adds or replaces a page. A page that is longer than all pages may be is not kept.
    fn insert(&mut self, query: PageQuery, page: KnownPage) {
        self.remove(&query);
        let size = page.size();
        if size > self.max_bytes {
            return;
        }
        while self.bytes + size > self.max_bytes {
            let cached = self.pages.iter();
            let Some((&oldest, _)) = cached.min_by_key(|(_, cached)| cached.last_use) else {
                break;
            };
            self.remove(&oldest);
        }
        self.bytes += size;
        self.uses += 1;
        let last_use = self.uses;
        self.pages.insert(query, CachedPage { page, last_use });
    }

    fn remove(&mut self, query: &PageQuery) {
        if let Some(cached) = self.pages.remove(query) {
            self.bytes -= cached.page.size();
        }
    }
}

impl KnownPage {
    /// The memory that the page uses in the cache, in bytes.
    fn size(&self) -> usize {
        self.page.json.allocated_bytes()
            + size_of_val(&*self.page.reacted)
            + self.page.reactors.as_ref().map_or(0, |known| known.size())
            + size_of::<(PageQuery, CachedPage)>()
    }
}

/// Adds the reactions of all users to one page in memory whose answer has the flags of a user. A page that was not in
/// memory gets none: while the database changes between any two requests, reading the flags of each user costs less.
/// The second page of a batch gets its reactions in a later batch, so that no batch reads many.
async fn read_reactors(
    db: &Connection,
    queries: &[HomeQuery],
    answers: &mut [Option<KnownPage>],
    pages: &mut PageCache,
) -> Result<()> {
    let needs_reactors = |query: &HomeQuery, page: &FeedPage| {
        query.with_reactors && page.reactors.is_none() && !page.reacted.is_empty()
    };
    for (query, answer) in queries.iter().zip(answers) {
        if let Some(known) = answer
            && needs_reactors(query, &known.page)
        {
            let reactors = store::list_reactions_of_page(db, &known.page.reacted).await?;
            known.page.reactors = Some(Arc::new(reactors));
            pages.insert(query.page, known.clone());
            break;
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{FeedPage, KnownPage, PageCache, PageQuery};

    const KIB: usize = 1024;

    fn page(length: usize) -> KnownPage {
        KnownPage {
            page: FeedPage::of(&"x".repeat(length), &[], None).expect("a page"),
            from: DateTime::UNIX_EPOCH,
            until: DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(1),
        }
    }

    fn query(limit: usize) -> PageQuery {
        PageQuery::parse(&format!("limit={limit}")).expect("a query")
    }

    /// The limits of the pages that the cache has.
    fn kept(cache: &PageCache) -> Vec<i64> {
        let mut limits: Vec<i64> = cache.pages.keys().map(PageQuery::limit).collect();
        limits.sort_unstable();
        limits
    }

    #[test]
    fn pages_beyond_the_limit_in_bytes_are_thrown_out_from_the_one_used_longest_ago() {
        let now = DateTime::UNIX_EPOCH;
        let mut cache = PageCache::new(200 * KIB);
        for limit in 1..=3 {
            cache.insert(query(limit), page(60 * KIB));
        }
        assert!(cache.find(&query(1), now).is_some());
        cache.insert(query(4), page(60 * KIB));
        assert_eq!(kept(&cache), [1, 3, 4]);
        cache.insert(query(5), page(100 * KIB));
        assert_eq!(kept(&cache), [4, 5]);
        cache.insert(query(6), page(201 * KIB));
        assert_eq!(kept(&cache), [4, 5]);
        cache.insert(query(5), page(KIB));
        cache.insert(query(7), page(60 * KIB));
        assert_eq!(kept(&cache), [4, 5, 7]);
        for limit in 1..=100 {
            cache.insert(query(limit), page(60 * KIB));
            assert!(cache.bytes <= 200 * KIB, "{}", cache.bytes);
        }
        let sizes = cache.pages.values().map(|cached| cached.page.size());
        assert_eq!(sizes.sum::<usize>(), cache.bytes);
    }

    #[test]
    fn a_page_is_not_returned_after_its_first_activity_has_expired() {
        let mut cache = PageCache::new(200 * KIB);
        cache.insert(query(1), page(KIB));
        let expiry = page(KIB).until;
        assert!(cache.find(&query(1), DateTime::UNIX_EPOCH).is_some());
        assert!(cache.find(&query(1), expiry).is_none());
        assert!(cache.find(&query(2), DateTime::UNIX_EPOCH).is_none());
    }
}
