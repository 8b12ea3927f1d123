//! A page of activities as handlers send it: JSON, and the cursor of the next page.

use super::model::{Activity, Thread};
use crate::domain::{Cursor, Document, PageQuery};
use crate::error::{Error, Result};

/// A page of a feed or of a thread. Cheap to clone.
#[derive(Clone)]
pub struct FeedPage {
    /// The page's activities, no more than its limit.
    pub json: Document,
    /// The cursor of the next page; `None` on the last page.
    pub next: Option<Cursor>,
}

impl FeedPage {
    /// A page of a feed. `activities` has up to [`PageQuery::fetch`] elements.
    ///
    /// # Errors
    /// The activities cannot be serialised.
    pub fn of_feed(mut activities: Vec<Activity<'_>>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activities, Activity::cursor);
        Self::of(&activities, next)
    }

    /// An activity with a page of its replies.
    ///
    /// # Errors
    /// The activity cannot be serialised.
    pub fn of_activity(mut activity: Activity<'_>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activity.replies, Activity::cursor);
        Self::of(&activity, next)
    }

    /// An activity with a page of its replies, as a [`Thread`].
    ///
    /// # Errors
    /// The thread cannot be serialised.
    pub fn of_thread(mut activity: Activity<'_>, query: &PageQuery) -> Result<Self> {
        let next = query.cut(&mut activity.replies, Activity::cursor);
        let thread = Thread {
            activity: &activity,
            replies: &activity.replies,
        };
        Self::of(&thread, next)
    }

    /// A page of `value`, which is cut to the limit already.
    ///
    /// # Errors
    /// `value` cannot be serialised.
    pub fn of(value: &impl serde::Serialize, next: Option<Cursor>) -> Result<Self> {
        let json = Document::of(value)
            .map_err(|error| Error::internal("a page cannot be serialised", error))?;
        Ok(Self { json, next })
    }
}
