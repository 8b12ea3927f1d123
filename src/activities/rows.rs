//! Makes activities and pages of rows. Every statement returns an activity's columns last and in the same order. In the
//! rows of a batch, the column `ordinal` is the number of the item, from 1.

use std::cmp::Reverse;
use std::slice;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::{Activity, Thread};
use super::viewer::ViewerReactions;
use crate::changes::ReadMark;
use crate::db::WriteOutcome;
use crate::domain::{Cursor, Document, PageQuery};
use crate::error::{Code, Error, Result};
use crate::users;

const ACTIVITY_COLUMNS: usize = 10;

/// The rows of a feed's page, in any order. The column before the activity's columns is the activity of the page that
/// a row replies to; null for the activities of the page themselves.
pub struct FeedRows(Vec<Row>);

impl FeedRows {
    /// Takes the rows of one page.
    pub fn new(rows: Vec<Row>) -> Self {
        Self(rows)
    }

    /// When the database server that read the rows was started; `None` without rows.
    ///
    /// # Errors
    /// The column is missing or has another type.
    pub fn started_at(&self) -> Result<Option<DateTime<Utc>>> {
        let first = self.0.first();
        Ok(first.map(|row| row.try_get("started_at")).transpose()?)
    }

    /// The statement that has read the rows, where it says so; `None` without rows.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn mark(&self) -> Result<Option<ReadMark>> {
        self.0.first().map(ReadMark::of_row).transpose()
    }

    /// The user whose page it is.
    ///
    /// # Errors
    /// There is no row; the column is missing or has another type.
    pub fn user(&self) -> Result<Uuid> {
        let first = self.0.first().ok_or(Code::UserNotFound)?;
        Ok(first.try_get("user_uuid")?)
    }

    /// The page's activities, newest first, and their replies, oldest first.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn activities(&self) -> Result<Vec<Activity<'_>>> {
        let (mut activities, mut replies) = (Vec::new(), Vec::new());
        for row in &self.0 {
            let first = row.len() - ACTIVITY_COLUMNS;
            // A user without activities has one row of nulls.
            if row.try_get::<_, Option<Uuid>>(first)?.is_none() {
                continue;
            }
            match row.try_get::<_, Option<Uuid>>(first - 1)? {
                Some(parent) => replies.push((parent, activity(row)?)),
                None => activities.push(activity(row)?),
            }
        }
        activities.sort_by_key(|activity| Reverse(activity.cursor()));
        replies.sort_by_key(|(_, reply)| reply.cursor());
        for (parent, reply) in replies {
            let mut parents = activities.iter_mut();
            if let Some(activity) = parents.find(|activity| activity.uuid == parent) {
                activity.replies.push(reply);
            }
        }
        Ok(activities)
    }
}

/// The row of an activity, then the rows of a page of its replies.
pub struct ThreadRows(Vec<Row>);

impl ThreadRows {
    /// Takes the rows of one thread.
    pub fn new(rows: Vec<Row>) -> Self {
        Self(rows)
    }

    /// The statement that has read the rows.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn mark(&self) -> Result<Option<ReadMark>> {
        self.0.first().map(ReadMark::of_row).transpose()
    }

    /// The activity with its replies.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn activity(&self) -> Result<Activity<'_>> {
        let (first, replies) = self.0.split_first().ok_or(Code::ActivityNotFound)?;
        let mut parent = activity(first)?;
        parent.replies = replies.iter().map(activity).collect::<Result<_>>()?;
        Ok(parent)
    }
}

/// A page of a feed or of a thread. Cheap to clone.
#[derive(Clone)]
pub struct FeedPage {
    /// The page's activities, no more than its limit.
    pub json: Document,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<Cursor>,
    /// The ids of the activities and replies that have reactions.
    pub reacted: Arc<[Uuid]>,
    /// Where a stream goes on after the page, as far as that is known.
    pub position: Option<Bytes>,
}

impl FeedPage {
    /// A page of a feed, cut to the limit already.
    ///
    /// # Errors
    /// The activities cannot be serialised.
    pub fn of_cut_feed(activities: &[Activity<'_>], next: Option<Cursor>) -> Result<Self> {
        Self::of(&activities, activities, next)
    }

    /// An activity with a page of its replies.
    ///
    /// # Errors
    /// The activity cannot be serialised.
    pub fn of_activity(mut activity: Activity<'_>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activity.replies, Activity::cursor);
        Self::of(&activity, slice::from_ref(&activity), next)
    }

    /// An activity with a page of its replies, in the shape of `GET …/status/{uuid}`: the replies are there twice.
    ///
    /// # Errors
    /// The thread cannot be serialised.
    pub fn of_thread(mut activity: Activity<'_>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activity.replies, Activity::cursor);
        let thread = Thread {
            activity: &activity,
            replies: &activity.replies,
        };
        Self::of(&thread, slice::from_ref(&activity), next)
    }

    /// A page with the JSON of `value`, which contains `activities`.
    ///
    /// # Errors
    /// `value` cannot be serialised.
    pub fn of(
        value: &impl serde::Serialize,
        activities: &[Activity<'_>],
        next: Option<Cursor>,
    ) -> Result<Self> {
        let json = Document::of(value)
            .map_err(|error| Error::internal("a page cannot be serialised", error))?;
        let reacted = activities.iter().flat_map(Activity::with_reactions);
        Ok(Self {
            json,
            next,
            reacted: reacted.collect(),
            position: None,
        })
    }

    /// A copy of the page in which each activity has `viewer`.
    #[must_use]
    pub fn with_viewer(self, reactions: &ViewerReactions) -> Self {
        Self {
            json: Document::of_json(reactions.insert_into(&self.json.bytes)),
            ..self
        }
    }
}

/// Groups the rows of a batch by item and calls `make` for each group. Returns the results in the order of the items,
/// with `None` for an item without rows.
///
/// # Errors
/// The `ordinal` of a row is not between 1 and `count`.
pub fn by_ordinal<T>(
    rows: Vec<Row>,
    count: usize,
    make: impl Fn(Vec<Row>) -> T,
) -> Result<Vec<Option<T>>> {
    let mut items: Vec<Option<Vec<Row>>> = Vec::new();
    items.resize_with(count, || None);
    for row in rows {
        let ordinal = usize::try_from(row.try_get::<_, i64>("ordinal")? - 1);
        let item = ordinal.ok().and_then(|ordinal| items.get_mut(ordinal));
        let item = item.ok_or_else(|| {
            Error::internal("a batch has a row without an item", "wrong `ordinal`")
        })?;
        item.get_or_insert_default().push(row);
    }
    Ok(items.into_iter().map(|rows| rows.map(&make)).collect())
}

/// The outcomes of `count` writes, which have one row each, in the order of the writes.
///
/// # Errors
/// A write has no row, or `outcome` fails.
pub fn outcomes(
    rows: Vec<Row>,
    count: usize,
    outcome: impl Fn(&Row) -> Result<WriteOutcome>,
) -> Result<Vec<WriteOutcome>> {
    let missing = || Error::internal("a batch has an item without a row", "missing `ordinal`");
    let of_rows = |rows: Vec<Row>| outcome(rows.first().ok_or_else(missing)?);
    let items = by_ordinal(rows, count, of_rows)?.into_iter();
    items
        .map(|outcome| outcome.unwrap_or_else(|| Err(missing())))
        .collect()
}

/// The cursor of a row with the columns `created_at` and `uuid`.
///
/// # Errors
/// A column is missing or has another type.
pub fn cursor(row: &Row) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get("uuid")?,
    })
}

/// The code with which a write is refused because of its author, from the columns `author_known` and `hidden_reason`.
///
/// # Errors
/// A column is missing or has another type.
pub fn refusal_of_author(row: &Row) -> Result<Option<Code>> {
    match row.try_get("author_known")? {
        true => users::refusal_of_hidden(row),
        false => Ok(Some(Code::CognitoUserIdBlank)),
    }
}

/// The outcome of a write: the stored activity in the row, as JSON.
///
/// # Errors
/// A column is missing or has another type.
pub fn stored(row: &Row) -> Result<WriteOutcome> {
    serde_json::to_vec(&activity(row)?)
        .map(WriteOutcome::Done)
        .map_err(|error| Error::internal("an activity cannot be serialised", error))
}

/// Reads the columns by position: a lookup by name compares it with the other names again for every row.
fn activity(row: &Row) -> Result<Activity<'_>> {
    let first = row.len() - ACTIVITY_COLUMNS;
    Ok(Activity {
        uuid: row.try_get(first)?,
        display_name: row.try_get(first + 1)?,
        handle: row.try_get(first + 2)?,
        message: row.try_get(first + 3)?,
        replies_count: row.try_get(first + 4)?,
        reposts_count: row.try_get(first + 5)?,
        likes_count: row.try_get(first + 6)?,
        reply_to_activity_uuid: row.try_get(first + 7)?,
        expires_at: row.try_get(first + 8)?,
        created_at: row.try_get(first + 9)?,
        viewer: None,
        reposted_at: None,
        replies: Vec::new(),
    })
}
