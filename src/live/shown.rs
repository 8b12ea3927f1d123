//! The activities that events show, and the pages that show them.

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::event::LiveCounts;
use super::topic::Topic;
use crate::activities::FeedRows;
use crate::error::{Error, Result};

/// Activities by their ids.
#[derive(Default)]
pub struct Shown(HashMap<Uuid, ShownActivity>);

/// An activity that can be read.
pub struct ShownActivity {
    /// The author.
    pub author: Uuid,
    /// The activity that it replies to.
    pub parent: Option<Uuid>,
    /// Its counts.
    pub counts: LiveCounts,
    /// The activity as JSON.
    pub json: String,
}

impl Shown {
    /// Adds the activities of the rows of `list_shown_activities.sql`.
    ///
    /// # Errors
    /// A column is missing or has another type; an activity cannot be serialised.
    pub fn add(&mut self, rows: Vec<Row>) -> Result<()> {
        for row in rows {
            let rows = FeedRows::new(vec![row]);
            let author = rows.user()?;
            for activity in rows.activities()? {
                let json = serde_json::to_string(&activity)
                    .map_err(|error| Error::internal("an activity cannot be serialised", error))?;
                let counts = LiveCounts {
                    uuid: activity.uuid,
                    replies_count: activity.replies_count,
                    reposts_count: activity.reposts_count,
                    likes_count: activity.likes_count,
                };
                let shown = ShownActivity {
                    author,
                    parent: activity.reply_to_activity_uuid,
                    counts,
                    json,
                };
                self.0.insert(activity.uuid, shown);
            }
        }
        Ok(())
    }

    /// The activity; `None` if it cannot be read.
    pub fn find(&self, uuid: Uuid) -> Option<&ShownActivity> {
        self.0.get(&uuid)
    }

    /// The activities that these reply to and that are not there.
    pub fn missing_parents(&self) -> Vec<Uuid> {
        let parents = self.0.values().filter_map(|shown| shown.parent);
        parents
            .filter(|parent| !self.0.contains_key(parent))
            .collect()
    }

    /// The pages that show an activity: those of its thread, of home and of its author; a reply is on those of its parent,
    /// as long as that can be read.
    pub fn topics(&self, uuid: Uuid, author: Uuid, parent: Option<Uuid>) -> Vec<Topic> {
        let mut topics = vec![Topic::Activity(uuid)];
        match parent {
            None => topics.extend([Topic::Home, Topic::User(author)]),
            Some(parent) => {
                topics.push(Topic::Activity(parent));
                if let Some(shown) = self.find(parent)
                    && shown.parent.is_none()
                {
                    topics.extend([Topic::Home, Topic::User(shown.author)]);
                }
            }
        }
        topics
    }
}

impl ShownActivity {
    /// The activity as JSON, reposted at this time.
    pub fn reposted_at(&self, time: DateTime<Utc>) -> String {
        let time = time.to_rfc3339_opts(SecondsFormat::Micros, true);
        let rest = self.json.strip_suffix('}').unwrap_or_default();
        format!("{rest},\"reposted_at\":\"{time}\"}}")
    }
}
