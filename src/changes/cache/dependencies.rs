//! What an answer depends on: hashes of what it shows, its part of a list, and its expiry.

use chrono::{DateTime, Utc};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::domain::{Cursor, PageQuery};

/// A hash of one thing that an answer depends on. Two things with equal hashes only cost an answer that is still right.
pub type Tag = u64;

/// The tag of an activity: its row, and the replies to it.
pub fn activity_tag(uuid: Uuid) -> Tag {
    xxh3_64_with_seed(uuid.as_bytes(), 1)
}

/// The tag of a user's names, bio and visibility.
pub fn user_tag(handle: &str) -> Tag {
    xxh3_64_with_seed(handle.to_ascii_lowercase().as_bytes(), 2)
}

/// The tag of the number of a user's activities.
pub fn cruds_tag(user: Uuid) -> Tag {
    xxh3_64_with_seed(user.as_bytes(), 3)
}

/// The tag of every thread that begins with a reply, which is unreachable when an activity above it is deleted.
pub const BELOW_ANOTHER: Tag = 4;

/// The list of all top-level activities.
pub const HOME_LIST: Tag = 5;

/// The list of a user's top-level activities.
pub fn user_list(user: Uuid) -> Tag {
    xxh3_64_with_seed(user.as_bytes(), 6)
}

/// The part of a list from new to old that a page shows. A new activity in this part belongs on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListRange {
    pub(super) list: Tag,
    /// The page's activities are before this cursor,
    pub(super) before: Cursor,
    /// and not before this one, which is that of the last activity; `None` on the last page.
    pub(super) last: Option<Cursor>,
}

impl ListRange {
    /// A page of home, with the cursor of its last activity if another page follows.
    pub fn of_home(query: &PageQuery, last: Option<Cursor>) -> Self {
        Self {
            list: HOME_LIST,
            before: query.before(),
            last,
        }
    }

    /// A page of a user's activities, likewise.
    pub fn of_user(user: Uuid, query: &PageQuery, last: Option<Cursor>) -> Self {
        Self {
            list: user_list(user),
            before: query.before(),
            last,
        }
    }

    /// Whether an activity at `cursor` of the list belongs on the page.
    pub(super) fn contains(&self, cursor: &Cursor) -> bool {
        *cursor < self.before && self.last.is_none_or(|last| *cursor > last)
    }
}

/// What an answer depends on: a change of any of it, or the expiry, makes the answer outdated.
#[derive(Debug, Clone)]
pub struct Dependencies {
    /// When the server that read the answer was started; `None` if the statement did not say so.
    pub(super) started_at: Option<DateTime<Utc>>,
    /// When the first activity of the answer expires.
    pub(super) until: DateTime<Utc>,
    pub(super) tags: Vec<Tag>,
    pub(super) range: Option<ListRange>,
}

impl Dependencies {
    /// Of an answer that was read by the server that was started at `started_at`.
    pub fn new(started_at: Option<DateTime<Utc>>) -> Self {
        Self {
            started_at,
            until: DateTime::<Utc>::MAX_UTC,
            tags: Vec::new(),
            range: None,
        }
    }

    /// The answer shows an activity of the author with the handle, or needs it to know whether another page follows.
    pub fn add_activity(&mut self, uuid: Uuid, author: &str, expires_at: Option<DateTime<Utc>>) {
        self.tags.extend([activity_tag(uuid), user_tag(author)]);
        self.add_expiry(expires_at);
    }

    /// The answer shows a user.
    pub fn add_user(&mut self, handle: &str) {
        self.tags.push(user_tag(handle));
    }

    /// The answer shows how many activities a user has, of which the next expires at `next_expiry`.
    pub fn add_cruds(&mut self, user: Uuid, next_expiry: Option<DateTime<Utc>>) {
        self.tags.push(cruds_tag(user));
        self.add_expiry(next_expiry);
    }

    /// The answer shows a thread that begins with a reply.
    pub fn add_parent(&mut self) {
        self.tags.push(BELOW_ANOTHER);
    }

    /// The answer is a page of a list.
    pub fn set_range(&mut self, range: ListRange) {
        self.range = Some(range);
    }

    /// Adds those of another part of the answer, which has no list.
    pub fn add(&mut self, other: &Self) {
        self.tags.extend(&other.tags);
        self.until = self.until.min(other.until);
        // One part that another server read spoils the answer.
        self.started_at = self
            .started_at
            .filter(|started_at| other.started_at == Some(*started_at));
    }

    fn add_expiry(&mut self, expires_at: Option<DateTime<Utc>>) {
        self.until = expires_at.map_or(self.until, |expires_at| self.until.min(expires_at));
    }
}
