//! What the cache keeps: an answer, its key, and what it depends on.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::answer::{Answer, ReadMark};
use super::dependencies::{Dependencies, ListRange, Tag};
use super::kept_answer::KeptAnswer;
use super::list_page::ListPage;
use crate::domain::{Cursor, PageQuery};

/// Which answer to a read it is. Handles are in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CacheKey {
    /// A page of home.
    Home(PageQuery),
    /// A page of the activities of the user with the handle.
    UserPage(Box<str>, PageQuery),
    /// An activity with a page of its replies.
    Activity(Uuid, PageQuery),
    /// The same as a thread below the handle of its author.
    Thread(Box<str>, Uuid, PageQuery),
    /// The profile of the user with the handle.
    Profile(Box<str>),
}

/// An answer that a statement has just read. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// The answer.
    pub answer: Answer,
    /// What it depends on.
    pub dependencies: Arc<Dependencies>,
    /// The parts of the page, if looks amend it instead of removing it.
    pub list: Option<Arc<ListPage>>,
    /// The statement that has read it.
    pub mark: Option<ReadMark>,
}

impl Fresh {
    /// The same with the statement that has read it.
    #[must_use]
    pub fn read_by(self, mark: Option<ReadMark>) -> Self {
        Self { mark, ..self }
    }

    /// An answer that a change removes.
    pub fn new(answer: Answer, dependencies: Dependencies) -> Self {
        Self {
            answer,
            dependencies: dependencies.into(),
            list: None,
            mark: None,
        }
    }

    /// A page of a list. If it `is_amendable`, a look reads what has changed on it and keeps the rest.
    pub fn of_list(page: ListPage, is_amendable: bool) -> Self {
        let (answer, dependencies) = page.render();
        Self {
            answer,
            dependencies: dependencies.into(),
            list: is_amendable.then(|| page.into()),
            mark: None,
        }
    }
}

/// When an answer was read: after which look, and since when every change is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub(super) epoch: u64,
    pub(super) look: u64,
}

/// A page that a look amends, and the activities on it that have changed or are new.
pub struct Amending {
    pub key: CacheKey,
    pub list: Arc<ListPage>,
    pub uuids: Vec<Uuid>,
}

/// An entry of the cache.
pub(super) struct Entry {
    pub(super) key: CacheKey,
    pub(super) answer: KeptAnswer,
    pub(super) until: DateTime<Utc>,
    pub(super) tags: Box<[Tag]>,
    pub(super) range: Option<ListRange>,
    pub(super) list: Option<Arc<ListPage>>,
    /// The number of its last use.
    pub(super) last_use: u64,
    /// The memory that the entry uses, with its share of the indexes.
    pub(super) size: usize,
}

/// A node of a `BTreeSet` is at least half full, so an element uses at most twice its size.
const INDEX_FACTOR: usize = 2;
/// The parts of every entry: in the maps of keys and of entries, which are at least 7/16 full, and in the indexes of
/// uses, expiries and lists.
const FIXED_SIZE: usize = (size_of::<(CacheKey, u64)>() + size_of::<(u64, Entry)>()) * 16 / 7
    + INDEX_FACTOR * (2 * size_of::<(u64, u64)>() + size_of::<(Tag, Cursor, u64)>());

impl Entry {
    pub(super) fn new(key: CacheKey, answer: KeptAnswer, fresh: &Fresh, last_use: u64) -> Self {
        let mut tags = fresh.dependencies.tags.clone();
        tags.sort_unstable();
        tags.dedup();
        let mut entry = Self {
            key,
            answer,
            until: fresh.dependencies.until,
            tags: tags.into(),
            range: fresh.dependencies.range,
            list: fresh.list.clone(),
            last_use,
            size: 0,
        };
        let index = entry.tags.len() * INDEX_FACTOR * size_of::<(Tag, u64)>();
        let heap = entry.answer.size()
            + size_of_val(&*entry.tags)
            + entry.list.as_ref().map_or(0, |list| list.size())
            + 2 * entry.key.heap_size();
        entry.size = FIXED_SIZE + index + heap;
        entry
    }
}

impl CacheKey {
    fn heap_size(&self) -> usize {
        match self {
            Self::Home(_) | Self::Activity(..) => 0,
            Self::UserPage(handle, _) | Self::Thread(handle, ..) | Self::Profile(handle) => {
                handle.len()
            }
        }
    }
}
