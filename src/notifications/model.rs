//! Notices as they are stored and as the API returns them, and the body that marks them as read. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::activities::Activity;
use crate::domain::{Code, Cursor, lenient_string, timestamp};

/// What another user did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoticeKind {
    /// The actor replied to an activity of the user.
    Reply,
    /// The actor mentioned the user.
    Mention,
    /// The actor liked an activity of the user.
    Like,
    /// The actor reposted an activity of the user.
    Repost,
}

impl NoticeKind {
    /// The kind with this name in the database; `None` for a kind of a later release.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "reply" => Self::Reply,
            "mention" => Self::Mention,
            "like" => Self::Like,
            "repost" => Self::Repost,
            _ => return None,
        })
    }
}

/// A notice as it is stored.
#[derive(Debug)]
pub struct StoredNotice {
    /// The position in the user's list.
    pub cursor: Cursor,
    /// What the actor did; `None` for a kind of a later release, which this one does not show.
    pub kind: Option<NoticeKind>,
    /// The user who did it.
    pub actor: Actor,
    /// The id of the activity.
    pub activity: Uuid,
    /// Whether the user has marked it as read.
    pub is_read: bool,
}

impl StoredNotice {
    /// The notice with its activity, as the API returns it.
    pub fn with_activity<'a>(self, activity: &'a Activity<'a>) -> Option<Notice<'a>> {
        Some(Notice {
            kind: self.kind?,
            uuid: self.cursor.uuid,
            actor: self.actor,
            activity,
            created_at: self.cursor.created_at,
            read: self.is_read,
        })
    }
}

/// The user of whom a notice tells. In JSON neither this nor a notice begins with its id, because `include=viewer` takes
/// an object that does for an activity.
#[derive(Debug, Serialize, ToSchema)]
pub struct Actor {
    /// The handle, without the `@`.
    pub handle: String,
    /// The display name.
    pub display_name: String,
    /// The user's id.
    pub uuid: Uuid,
}

/// Tells a user what another user did.
#[derive(Debug, Serialize, ToSchema)]
pub struct Notice<'a> {
    /// What the actor did.
    pub kind: NoticeKind,
    /// The notice's id.
    pub uuid: Uuid,
    /// The user who did it.
    pub actor: Actor,
    /// The reply, the activity with the mention, or the activity that the actor liked or reposted.
    pub activity: &'a Activity<'a>,
    /// When the actor did it.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
    /// Whether the user has marked this notice, or a later one, as read.
    pub read: bool,
}

/// A notice that was found by its id.
#[derive(Debug)]
pub struct FoundNotice {
    /// The notice's id.
    pub uuid: Uuid,
    /// The user who receives it.
    pub receiver: Uuid,
    /// A [`Notice`] as JSON.
    pub json: String,
}

/// The number of unread notices.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadNotices {
    /// The exact number up to 1,000; 1,000 if there are more.
    pub count: i64,
}

/// The body of a request that marks notices as read.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MarkNoticesReadBody {
    /// The id of the latest notice that the user has seen.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = Uuid, required)]
    up_to: Option<String>,
}

impl MarkNoticesReadBody {
    /// The id of the latest notice that becomes read.
    ///
    /// # Errors
    /// [`Code::MalformedUuid`] for any other value, and for none.
    pub fn up_to(&self) -> Result<Uuid, Code> {
        let text = self.up_to.as_deref().unwrap_or_default();
        Uuid::try_parse(text).map_err(|_| Code::MalformedUuid)
    }
}
