//! Looks at the changes, removes and amends what they outdate, and keeps answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::answer::ReadMark;
use super::effect::Effect;
use super::entry::{Amending, CacheKey, Fresh, Stamp};
use super::kept_answer::KeptAnswer;
use super::list_page::{ListItem, ReadItems};
use super::memory::Memory;
use crate::changes::change::{Change, ChangeKind};
use crate::changes::look::{Look, Start, look};
use crate::changes::metrics::CacheMetrics;
use crate::changes::position::Position;
use crate::db::Connection;
use crate::error::{Error, Result, chain};

/// A look that finds more changes forgets everything. One change has up to 64 KB.
const MAX_CHANGES: usize = 256;

/// More activities than this are not read to amend pages.
const MAX_READ_ITEMS: usize = 32;

/// Reads the top-level activities with these ids, for pages that show them.
pub type ReadListItems =
    for<'a> fn(&'a Connection, &'a [Uuid]) -> BoxFuture<'a, Result<Vec<ListItem>>>;

/// What all Actix workers share.
pub struct Shared {
    is_on: bool,
    memory: Mutex<Memory>,
    metrics: CacheMetrics,
    read_items: ReadListItems,
    /// How often a look found that users have changed.
    users_version: AtomicU64,
    /// Where the next look goes on, and whether the last one found nothing; `None` before the first look and after one
    /// that failed.
    latest: tokio::sync::Mutex<Option<(Position, bool)>>,
    /// The latest look that was made for any reason, and when its server was started.
    known: Mutex<Option<(DateTime<Utc>, Position)>>,
}

impl Shared {
    pub fn new(max_bytes: usize, metrics: CacheMetrics, read_items: ReadListItems) -> Self {
        Self {
            is_on: max_bytes > 0,
            memory: Mutex::new(Memory::new(max_bytes)),
            metrics,
            read_items,
            users_version: AtomicU64::new(0),
            latest: tokio::sync::Mutex::default(),
            known: Mutex::default(),
        }
    }

    /// Whether answers are kept.
    pub fn is_on(&self) -> bool {
        self.is_on
    }

    /// A number that is another one after a look that found that users have changed.
    pub fn users_version(&self) -> u64 {
        self.users_version.load(Ordering::Acquire)
    }

    pub fn count_hit(&self) {
        self.metrics.hits.inc();
    }

    pub fn count_miss(&self) {
        self.metrics.misses.inc();
    }

    /// The answer as of the latest look.
    pub fn find(&self, key: &CacheKey) -> Option<(KeptAnswer, Option<Bytes>)> {
        self.memory().find(key)
    }

    /// Looks at the changes since the latest look, and removes the answers that are outdated. Without a latest look at
    /// this server it forgets everything. The connection may be another one, behind a pooler also to another session.
    pub async fn look(&self, db: &Connection) -> Result<Stamp> {
        let mut latest = self.latest.lock().await;
        // A look that fails or is dropped leaves none.
        let earlier = latest.take();
        let began = Instant::now();
        let start = earlier.as_ref().map(|(position, found_nothing)| Start {
            is_probably_same: *found_nothing,
            ..Start::of(position)
        });
        let found = look(db, start, MAX_CHANGES).await?;
        self.metrics.looks.observe(began.elapsed().as_secs_f64());
        let (stamp, amending) = self.apply(&found);
        let stamp = stamp.ok_or_else(|| {
            Error::internal("a look was not applied", "there is no stamp after it")
        })?;
        if !amending.is_empty() {
            self.amend(db, amending, stamp).await;
        }
        let found_nothing = found.changes.is_some_and(|changes| changes.is_empty());
        *latest = Some((found.position, found_nothing));
        Ok(stamp)
    }

    /// Removes the answers that the look outdates, and returns the pages to amend.
    fn apply(&self, found: &Look) -> (Option<Stamp>, Vec<Amending>) {
        self.set_known(found.started_at, &found.position);
        let mut memory = self.memory();
        memory.position = Some(found.position.encode().into());
        let time = found.position.time;
        let is_of_users = |change: &Change| change.kind == ChangeKind::UsersChanged;
        let changes = found.changes.as_ref();
        if changes.is_none_or(|changes| changes.iter().any(is_of_users)) {
            self.users_version.fetch_add(1, Ordering::AcqRel);
        }
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

    /// Whether a look has told what identifies the server.
    pub fn knows_server(&self) -> bool {
        self.known().is_some()
    }

    /// The position of an answer that a statement has read; that of the latest look, which may be older, if the statement
    /// does not say which rows it saw. `None` if another server has run it.
    pub fn position_of(&self, mark: Option<&ReadMark>) -> Option<Bytes> {
        let known = self.known();
        let (started_at, position) = known.as_ref()?;
        let Some(mark) = mark else {
            return Some(position.encode().into());
        };
        let is_of_server = mark.started_at == *started_at;
        let position = position.of_statement(mark.time, mark.snapshot.clone());
        is_of_server.then(|| position.encode().into())
    }

    fn set_known(&self, started_at: DateTime<Utc>, position: &Position) {
        *self.known() = Some((started_at, position.clone()));
    }

    fn known(&self) -> MutexGuard<'_, Option<(DateTime<Utc>, Position)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stamp for an answer that is read from now on, and whether there is an entry.
    pub fn peek(&self, key: &CacheKey) -> (Option<Stamp>, bool) {
        let memory = self.memory();
        (memory.stamp(), memory.has(key))
    }

    pub fn insert(&self, key: CacheKey, answer: KeptAnswer, fresh: &Fresh, stamp: Stamp) {
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
