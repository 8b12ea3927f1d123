//! What the rows of the statements make. An activity's columns are the last ones of a row, in the same order
//! in every statement; the rows of a batch say by `place`, from 1, whom they are for.

use std::cmp::Reverse;

use serde_json::value::{RawValue, to_raw_value};
use tokio_postgres::Row;
use uuid::Uuid;

use super::model::Activity;
use crate::domain::Cursor;
use crate::error::{Code, Error, Result};

const ACTIVITY_COLUMNS: usize = 10;

/// The rows of a feed's page, in any order; before the activity stands what it is shown under as a reply.
pub struct FeedRows(pub Vec<Row>);

impl FeedRows {
    /// Newest first, replies oldest first.
    pub fn activities(&self) -> Result<Vec<Activity<'_>>> {
        let (mut activities, mut replies) = (Vec::new(), Vec::new());
        for row in &self.0 {
            let first = row.len() - ACTIVITY_COLUMNS;
            // A user without activities has a row without one.
            if row.try_get::<_, Option<Uuid>>(first)?.is_none() {
                continue;
            }
            match row.try_get::<_, Option<Uuid>>(first - 1)? {
                Some(under) => replies.push((under, activity(row)?)),
                None => activities.push(activity(row)?),
            }
        }
        activities.sort_by_key(|activity| Reverse(activity.cursor()));
        replies.sort_by_key(|(_, reply)| reply.cursor());
        for (under, reply) in replies {
            let mut shown = activities.iter_mut();
            if let Some(activity) = shown.find(|activity| activity.uuid == under) {
                activity.replies.push(reply);
            }
        }
        Ok(activities)
    }
}

/// The rows of an activity and then of a page of its replies, at least the first.
pub struct ThreadRows(pub Vec<Row>);

impl ThreadRows {
    pub fn activity(&self) -> Result<Activity<'_>> {
        let (first, replies) = self.0.split_first().ok_or(Code::ActivityNotFound)?;
        let mut parent = activity(first)?;
        parent.replies = replies.iter().map(activity).collect::<Result<_>>()?;
        Ok(parent)
    }
}

/// What the rows of each of `count` items make, in their order; `None` of an item without rows.
pub fn by_place<T>(
    rows: Vec<Row>,
    count: usize,
    make: impl Fn(Vec<Row>) -> T,
) -> Result<Vec<Option<T>>> {
    let mut items: Vec<Option<Vec<Row>>> = Vec::new();
    items.resize_with(count, || None);
    for row in rows {
        let place = usize::try_from(row.try_get::<_, i64>("place")? - 1);
        let item = place.ok().and_then(|place| items.get_mut(place));
        let item = item.ok_or_else(|| {
            Error::internal("a batch has a row too many", "the statement is wrong")
        })?;
        item.get_or_insert_default().push(row);
    }
    Ok(items.into_iter().map(|rows| rows.map(&make)).collect())
}

/// One outcome for each of `count` items, which have a row each, in their order.
pub fn outcomes(
    rows: Vec<Row>,
    count: usize,
    outcome: impl Fn(&Row) -> Result<Json>,
) -> Result<Vec<Result<Json>>> {
    let missing = || Error::internal("a batch has a row too few", "the statement is wrong");
    let of_rows = |rows: Vec<Row>| outcome(rows.first().ok_or_else(missing)?);
    let items = by_place(rows, count, of_rows)?.into_iter();
    Ok(items
        .map(|outcome| outcome.unwrap_or_else(|| Err(missing())))
        .collect())
}

/// The place that a row names.
pub fn place(row: &Row) -> Result<Cursor> {
    Ok(Cursor {
        created_at: row.try_get("created_at")?,
        uuid: row.try_get("uuid")?,
    })
}

/// An activity as JSON.
pub type Json = Box<RawValue>;

/// The activity of a row, as it goes to its author.
pub fn written(row: &Row) -> Result<Json> {
    to_raw_value(&activity(row)?)
        .map_err(|error| Error::internal("an activity cannot be written", error))
}

/// By its name each column would be looked for among all of them, for every row.
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
        replies: Vec::new(),
    })
}
