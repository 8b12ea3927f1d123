//! Reactions as requests change them, and the users who made them. No I/O.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Cursor, timestamp};

/// The kinds of reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The user likes the activity.
    Like,
    /// The user shows the activity to the readers of the user's page.
    Repost,
}

impl Kind {
    /// The value of the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Like => "like",
            Self::Repost => "repost",
        }
    }
}

/// What becomes of a reaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The user has it from now on.
    Make,
    /// The user does not have it any more.
    Undo,
}

/// A change of one user's reaction to one activity.
#[derive(Debug, Clone, Copy)]
pub struct ReactionChange {
    /// The activity's id.
    pub activity: Uuid,
    /// Which reaction.
    pub kind: Kind,
    /// What becomes of it.
    pub change: Change,
    /// Whether the response says what the user has made of the activity and its replies.
    pub with_viewer: bool,
}

/// A user who liked or reposted an activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reactor {
    /// The user's id.
    pub uuid: Uuid,
    /// The user's handle, without the `@`.
    pub handle: String,
    /// The user's display name.
    pub display_name: String,
    /// When the user liked or reposted the activity.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl Reactor {
    /// The position of this user in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}
