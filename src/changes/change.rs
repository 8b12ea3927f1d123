//! One row of the table `changes`: what kind of thing has changed, and its keys. Migration V20 explains each column.

use std::iter::repeat;

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
    /// An activity that has expired between two looks; no row of the table.
    ActivityExpired,
    /// The author, parent, expiry, time or text of activities, by hand or by a mark; each is there twice, as it is and as
    /// it was.
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
    /// The transaction of the change.
    pub transaction: u64,
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
    /// When each expires or has expired, where the kind has it.
    pub expires_at: Vec<Option<DateTime<Utc>>>,
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
    /// When it expires or has expired; `None` also where the change does not say so.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ChangeKind {
    /// A kind that only a later release knows may concern everything.
    fn parse(text: &str) -> Self {
        match text {
            "activities_changed" => Self::ActivitiesChanged,
            "activities_created" => Self::ActivitiesCreated,
            "activities_deleted" => Self::ActivitiesDeleted,
            "activities_moved" => Self::ActivitiesMoved,
            "expired" => Self::ActivityExpired,
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
            id: row.try_get::<_, Option<i64>>("id")?.unwrap_or(i64::MAX),
            transaction: transaction(row)?,
            kind: ChangeKind::parse(kind),
            uuids: list(row, "uuids")?,
            // Null where a receiver has deleted the account.
            users: list(row, "user_uuids")?
                .into_iter()
                .map(Option::unwrap_or_default)
                .collect(),
            parents: list(row, "parent_uuids")?,
            created_at: list(row, "created_at")?,
            expires_at: list(row, "expires_at")?,
            handles: list(row, "handles")?,
        }))
    }

    /// The keys of the activities that were created, moved or deleted.
    pub fn activities(&self) -> impl Iterator<Item = ActivityKeys> {
        let keys = self.uuids.iter().zip(&self.users);
        let places = self.parents.iter().zip(&self.created_at);
        let expiries = self.expires_at.iter().copied().chain(repeat(None));
        keys.zip(places).zip(expiries).map(
            |(((&uuid, &author), (&parent, &created_at)), expires_at)| ActivityKeys {
                uuid,
                author,
                parent,
                cursor: Cursor { created_at, uuid },
                expires_at,
            },
        )
    }
}

fn transaction(row: &Row) -> Result<u64> {
    let text: Option<&str> = row.try_get("xid")?;
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or_default())
}

fn list<'a, T>(row: &'a Row, column: &str) -> Result<Vec<T>>
where
    Option<Vec<T>>: tokio_postgres::types::FromSql<'a>,
{
    Ok(row
        .try_get::<_, Option<Vec<T>>>(column)?
        .unwrap_or_default())
}
