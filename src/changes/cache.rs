//! Answers in memory that are never older than their request. A request that finds its answer there joins the next
//! look at the changes, which was sent after the request arrived, and uses the answer if it is still there after it. One
//! look serves all requests that wait. A request that does not find its answer reads it at once; changes that a look
//! finds meanwhile decide whether the answer is kept.
//!
//! `answer` is what is sent, `entry` and `kept_answer` what is kept, `dependencies` what it depends on, `effect` what a
//! change does to it. `list_page` is a page in parts, `memory` has the entries with their indexes.

mod answer;
mod dependencies;
mod effect;
mod entry;
mod kept_answer;
mod list_page;
mod memory;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use deadpool_postgres::StatementCache;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use uuid::Uuid;

pub use self::answer::Answer;
pub use self::dependencies::{Dependencies, ListRange};
use self::effect::Effect;
use self::entry::Amending;
pub use self::entry::{CacheKey, Fresh};
use self::kept_answer::{KeptAnswer, Packer};
use self::list_page::ReadItems;
pub use self::list_page::{ListItem, ListPage};
use self::memory::{Memory, Stamp};
use super::look::{Look, look};
use super::metrics::CacheMetrics;
use super::position::Position;
use crate::db::batch::{BatchConfig, Reads, WorkerReads};
use crate::db::{Connection, Pool};
use crate::error::{Error, Result, chain};

/// One look serves all requests that wait, so one worker suffices.
const LOOKS: BatchConfig = BatchConfig {
    workers: 1,
    max_batch_size: 4096,
};
/// The connections of the workers.
pub(super) const CONNECTIONS: usize = LOOKS.workers;
/// A look that finds more changes forgets everything. One change has up to 64 KB.
const MAX_CHANGES: usize = 256;

/// More activities than this are not read to amend pages.
const MAX_READ_ITEMS: usize = 32;

/// Reads the top-level activities with these ids, for pages that show them.
pub type ReadListItems =
    for<'a> fn(&'a Connection, &'a [Uuid]) -> BoxFuture<'a, Result<Vec<ListItem>>>;

/// The cache that all Actix workers share.
pub struct Cache {
    looks: Reads<(), Stamp>,
    shared: Arc<Shared>,
}

/// The cache as one Actix worker uses it.
pub struct WorkerCache {
    looks: WorkerReads<(), Stamp>,
    packer: Packer,
    shared: Arc<Shared>,
}

struct Shared {
    is_on: bool,
    memory: Mutex<Memory>,
    metrics: CacheMetrics,
    read_items: ReadListItems,
    /// Where the next look goes on; `None` before the first look and after one that failed.
    latest: tokio::sync::Mutex<Option<Latest>>,
}

/// The latest look.
struct Latest {
    position: Position,
    /// Identifies the connection of the look: each has its own cache of statements, and while this one is held, no other
    /// has the same address. After a crash that lost commits, transaction ids may be used again, which only the end of
    /// the connection shows.
    connection: Arc<StatementCache>,
}

impl Cache {
    /// Starts the batch worker in the current Tokio runtime. The answers use `max_bytes` of memory at most; with 0
    /// nothing is kept.
    ///
    /// # Errors
    /// The pool cannot be built.
    pub fn new(
        pool: &Pool,
        max_bytes: usize,
        metrics: CacheMetrics,
        read_items: ReadListItems,
    ) -> Result<Self> {
        let shared = Arc::new(Shared {
            is_on: max_bytes > 0,
            memory: Mutex::new(Memory::new(max_bytes)),
            metrics,
            read_items,
            latest: tokio::sync::Mutex::default(),
        });
        let looking = shared.clone();
        let looks = Reads::new(
            pool.for_batches(LOOKS.workers)?,
            LOOKS,
            move |db, requests| {
                let looking = looking.clone();
                async move {
                    let stamp = looking.look(db).await?;
                    Ok(requests.iter().map(|()| stamp).collect())
                }
                .boxed()
            },
        );
        Ok(Self { looks, shared })
    }

    /// The cache as one Actix worker uses it. Call it in that worker.
    pub fn for_worker(&self) -> WorkerCache {
        WorkerCache {
            looks: self.looks.for_worker(),
            packer: Packer::default(),
            shared: self.shared.clone(),
        }
    }
}

impl WorkerCache {
    /// The answer with `key` from memory, or the one that `read` reads, which is then kept; `None` if `read` finds none.
    ///
    /// # Errors
    /// Those of `read`; [`Error::Unavailable`] while the database does not answer.
    pub async fn answer(
        &self,
        key: CacheKey,
        read: impl AsyncFnOnce() -> Result<Option<Fresh>>,
    ) -> Result<Option<Answer>> {
        let mut stamp = None;
        if self.shared.is_on {
            let (latest, has_entry) = self.shared.peek(&key);
            stamp = latest;
            if has_entry || stamp.is_none() {
                stamp = self.look().await?;
                if stamp.is_some()
                    && let Some(answer) = self.find(&key)
                {
                    return Ok(Some(answer));
                }
            }
            self.shared.metrics.misses.inc();
        }
        let fresh = read().await?;
        if let (Some(fresh), Some(stamp)) = (&fresh, stamp) {
            let kept = match fresh.list {
                Some(_) => KeptAnswer::plain(&fresh.answer),
                None => self.packer.pack(&fresh.answer),
            };
            self.shared.insert(key, kept, fresh, stamp);
        }
        Ok(fresh.map(|fresh| fresh.answer))
    }

    fn find(&self, key: &CacheKey) -> Option<Answer> {
        // Unpacked when the memory is free for others.
        let kept = self.shared.memory().find(key);
        let answer = self.packer.unpack(kept?)?;
        self.shared.metrics.hits.inc();
        Some(answer)
    }

    /// Waits for a look that is sent after this call; `None` if the database refuses the statement, so that the request
    /// is read as without a cache.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: the request would have to wait for the same failure again.
    async fn look(&self) -> Result<Option<Stamp>> {
        match self.looks.read(()).await {
            Ok(stamp) => Ok(Some(stamp)),
            Err(error @ Error::Unavailable(..)) => Err(error),
            Err(error) => {
                tracing::debug!(error = chain(&error), "the changes could not be read");
                Ok(None)
            }
        }
    }
}

impl Shared {
    /// Looks at the changes since the latest look, and removes the answers that are outdated. Without a latest look on
    /// this connection and this server it forgets everything.
    async fn look(&self, db: &Connection) -> Result<Stamp> {
        let mut latest = self.latest.lock().await;
        // A look that fails or is dropped leaves none.
        let earlier = latest
            .take()
            .filter(|latest| Arc::ptr_eq(&latest.connection, &db.statement_cache));
        let earlier = earlier.map(|latest| latest.position);
        let began = Instant::now();
        let found = look(db, earlier.as_ref(), MAX_CHANGES).await?;
        self.metrics.looks.observe(began.elapsed().as_secs_f64());
        let (stamp, amending) = self.apply(&found);
        let stamp = stamp.ok_or_else(|| {
            Error::internal("a look was not applied", "there is no stamp after it")
        })?;
        if !amending.is_empty() {
            self.amend(db, amending, stamp).await;
        }
        *latest = Some(Latest {
            position: found.position,
            connection: db.statement_cache.clone(),
        });
        Ok(stamp)
    }

    /// Removes the answers that the look outdates, and returns the pages to amend.
    fn apply(&self, found: &Look) -> (Option<Stamp>, Vec<Amending>) {
        let mut memory = self.memory();
        let time = found.position.time;
        let amending = match &found.changes {
            None => {
                memory.forget(time, found.started_at);
                Vec::new()
            }
            Some(changes) => {
                let effects = Effect::of_all(changes);
                let amending = memory.take_amendable(&effects);
                memory.apply(time, &effects);
                amending
            }
        };
        self.report_size(&memory);
        (memory.stamp(), amending)
    }

    /// Reads the activities that have changed on the pages, and keeps the pages with them.
    async fn amend(&self, db: &Connection, amending: Vec<Amending>, stamp: Stamp) {
        let mut uuids: Vec<Uuid> = amending
            .iter()
            .flat_map(|page| page.uuids.iter().copied())
            .collect();
        uuids.sort_unstable();
        uuids.dedup();
        if uuids.len() > MAX_READ_ITEMS {
            return;
        }
        let items = match (self.read_items)(db, &uuids).await {
            Ok(items) => items,
            Err(error) => {
                tracing::debug!(error = chain(&error), "pages could not be amended");
                return;
            }
        };
        let items = items
            .into_iter()
            .map(|item| (item.cursor.uuid, Arc::new(item)));
        let items: ReadItems = items.collect();
        for page in amending {
            if let Some(list) = page.list.amended(&page.uuids, &items) {
                let fresh = Fresh::of_list(list, true);
                let kept = KeptAnswer::plain(&fresh.answer);
                self.insert(page.key, kept, &fresh, stamp);
            }
        }
    }

    /// The stamp for an answer that is read from now on, and whether there is an entry.
    fn peek(&self, key: &CacheKey) -> (Option<Stamp>, bool) {
        let memory = self.memory();
        (memory.stamp(), memory.has(key))
    }

    fn insert(&self, key: CacheKey, answer: KeptAnswer, fresh: &Fresh, stamp: Stamp) {
        let mut memory = self.memory();
        let evictions = memory.evictions();
        memory.insert(key, answer, fresh, stamp);
        self.metrics
            .evictions
            .inc_by(memory.evictions() - evictions);
        self.report_size(&memory);
    }

    fn report_size(&self, memory: &Memory) {
        let bytes = i64::try_from(memory.bytes()).unwrap_or(i64::MAX);
        self.metrics.bytes.set(bytes);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
