//! What pages of activities depend on, so that the cache keeps them until it changes.

use bytes::Bytes;
use chrono::{DateTime, Utc};

use super::model::Activity;
use super::rows::FeedPage;
use crate::changes::{Answer, Dependencies, Fresh};

/// The dependencies of an answer with these activities and their replies, also of those that are read only to know
/// whether another page follows. `started_at` identifies the database server.
pub fn of_activities(
    activities: &[Activity<'_>],
    started_at: Option<DateTime<Utc>>,
) -> Dependencies {
    let mut dependencies = Dependencies::new(started_at);
    for activity in activities {
        for shown in activity.with_replies() {
            dependencies.add_activity(shown.uuid, shown.handle, shown.expires_at);
        }
    }
    dependencies
}

impl FeedPage {
    /// The page as the cache keeps it.
    pub fn depending_on(self, dependencies: Dependencies) -> Fresh {
        let answer = Answer {
            json: self.json,
            next: self.next,
            reacted: self.reacted,
            position: self.position,
        };
        Fresh::new(answer, dependencies)
    }
}

impl From<(Option<Bytes>, FeedPage)> for FeedPage {
    /// The page with the position of what it was read from.
    fn from((position, page): (Option<Bytes>, FeedPage)) -> Self {
        Self { position, ..page }
    }
}

impl From<Answer> for FeedPage {
    fn from(answer: Answer) -> Self {
        Self {
            json: answer.json,
            next: answer.next,
            reacted: answer.reacted,
            position: answer.position,
        }
    }
}
