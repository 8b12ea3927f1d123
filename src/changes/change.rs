//! One row of the table `changes`: what kind of thing has changed, and its keys. Migration V20 explains each column.

use chrono::{DateTime, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::domain::Cursor;
use crate::error::Result;

/// What has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Counts or texts of activities.
    ActivitiesChanged,
    /// New activities, top-level ones and replies.
    ActivitiesCreated,
    /// Activities that had not expired.
    ActivitiesDeleted,
    /// The author, parent, expiry or time of activities, by hand; each is there twice, as it was and as it is.
    ActivitiesMoved,
    /// Who is blocked by the users.
    BlocksChanged,
    /// More rows than one change names, or a table that was truncated.
    EverythingChanged,
    /// The members of message groups.
    MessageGroupsChanged,
    /// New messages and their receivers.
    MessagesCreated,
    /// Messages that are gone.
    MessagesDeleted,
    /// New notices and their receivers.
    NoticesCreated,
    /// Notices that are gone.
    NoticesDeleted,
    /// How far the users have read their notices.
    NoticesRead,
    /// Reposts of activities by users.
    RepostsCreated,
    /// Reposts that are undone.
    RepostsDeleted,
    /// Activities below which no reply is reachable any more.
    ThreadsDeleted,
    /// Names or bios of users, with old and new handles; new users; deleted users.
    UsersChanged,
    /// Users whose activities are hidden now.
    UsersHidden,
    /// Users whose activities are shown again.
    UsersShown,
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Change {
    /// Orders changes: of two that waited for the same lock, the later one has the larger id.
    pub id: i64,
    /// What has changed.
    pub kind: ChangeKind,
    /// Activities, notices, messages or message groups.
    pub uuids: Vec<Uuid>,
    /// Authors, or the users whom the change concerns.
    pub users: Vec<Uuid>,
    /// Parents of the activities, or the groups of messages.
    pub parents: Vec<Option<Uuid>>,
    /// When each was created.
    pub created_at: Vec<DateTime<Utc>>,
    /// The handles of users, old and new.
    pub handles: Vec<String>,
}

/// The keys of an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActivityKeys {
    /// The activity's id.
    pub uuid: Uuid,
    /// The author.
    pub author: Uuid,
    /// The activity that it replies to.
    pub parent: Option<Uuid>,
    /// Its position in lists.
    pub cursor: Cursor,
}

impl ChangeKind {
    /// A kind that only a later release knows may concern everything.
    fn parse(text: &str) -> Self {
        match text {
            "activities_changed" => Self::ActivitiesChanged,
            "activities_created" => Self::ActivitiesCreated,
            "activities_deleted" => Self::ActivitiesDeleted,
            "activities_moved" => Self::ActivitiesMoved,
            "blocks_changed" => Self::BlocksChanged,
            "message_groups_changed" => Self::MessageGroupsChanged,
            "messages_created" => Self::MessagesCreated,
            "messages_deleted" => Self::MessagesDeleted,
            "notices_created" => Self::NoticesCreated,
            "notices_deleted" => Self::NoticesDeleted,
            "notices_read" => Self::NoticesRead,
            "reposts_created" => Self::RepostsCreated,
            "reposts_deleted" => Self::RepostsDeleted,
            "threads_deleted" => Self::ThreadsDeleted,
            "users_changed" => Self::UsersChanged,
            "users_hidden" => Self::UsersHidden,
            "users_shown" => Self::UsersShown,
            _ => Self::EverythingChanged,
        }
    }
}

impl Change {
    /// Reads the columns of a row; `None` if the row has no change.
    ///
    /// # Errors
    /// A column is missing or has another type.
    pub fn of_row(row: &Row) -> Result<Option<Self>> {
        let Some(kind) = row.try_get("kind")? else {
            return Ok(None);
        };
        Ok(Some(Self {
            id: row.try_get("id")?,
            kind: ChangeKind::parse(kind),
            uuids: list(row, "uuids")?,
            // Null where a receiver has deleted the account.
            users: list(row, "user_uuids")?
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
            parents: list(row, "parent_uuids")?,
            created_at: list(row, "created_at")?,
            handles: list(row, "handles")?,
        }))
    }

    /// The keys of the activities that were created, moved or deleted.
    pub fn activities(&self) -> impl Iterator<Item = ActivityKeys> {
        let keys = self.uuids.iter().zip(&self.users);
        let places = self.parents.iter().zip(&self.created_at);
        keys.zip(places)
            .map(|((&uuid, &author), (&parent, &created_at))| ActivityKeys {
                uuid,
                author,
                parent,
                cursor: Cursor { created_at, uuid },
            })
    }
}

fn list<'a, T>(row: &'a Row, column: &str) -> Result<Vec<T>>
where
    Option<Vec<T>>: tokio_postgres::types::FromSql<'a>,
{
    Ok(row
        .try_get::<_, Option<Vec<T>>>(column)?
        .unwrap_or_default())
}
