//! The lines of an export, and the request that deletes an account. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, lenient_string, timestamp};

/// A line of an export: a JSON object, whose `type` says what it is. The last line has the type `end`; an export without
/// it is not complete.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ExportLine<'a> {
    /// The first line: the user.
    Profile(ExportedProfile<'a>),
    /// A top-level activity.
    Activity(ExportedActivity<'a>),
    /// A reply.
    Reply(ExportedActivity<'a>),
    /// A private message that the user has sent.
    Message(ExportedMessage<'a>),
    /// A like of an activity.
    Like(ExportedReaction),
    /// A repost of an activity.
    Repost(ExportedReaction),
    /// A user whom the user has blocked.
    Block(ExportedBlock<'a>),
    /// A report that the user has made.
    Report(ExportedReport<'a>),
    /// The last line.
    End {
        /// The number of lines before this one.
        lines: u64,
    },
}

/// The user. The e-mail address and the Cognito id are not exported; the user pool has them.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedProfile<'a> {
    /// The user's id.
    pub uuid: Uuid,
    /// The handle, without the `@`.
    pub handle: &'a str,
    /// The display name.
    pub display_name: &'a str,
    /// The bio, empty by default.
    pub bio: &'a str,
    /// When the user was created in this database.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// A top-level activity or a reply of the user that has not expired.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedActivity<'a> {
    /// The activity's id.
    pub uuid: Uuid,
    /// The text.
    pub message: &'a str,
    /// The number of direct replies.
    pub replies_count: i32,
    /// The number of reposts.
    pub reposts_count: i32,
    /// The number of likes.
    pub likes_count: i32,
    /// The id of the activity that a reply answers; null for a top-level activity.
    #[schema(required)]
    pub reply_to_activity_uuid: Option<Uuid>,
    /// When the activity expires; null when it never does.
    #[serde(with = "timestamp::option")]
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When the activity was created.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// A private message that the user has sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedMessage<'a> {
    /// The message's id.
    pub uuid: Uuid,
    /// The id of the message group.
    pub message_group_uuid: Uuid,
    /// The receiver's handle, without the `@`; null if the receiver has deleted the account.
    #[schema(required)]
    pub receiver: Option<&'a str>,
    /// The text.
    pub message: &'a str,
    /// When the message was stored.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// A like or a repost of the user.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedReaction {
    /// The id of the activity.
    pub activity_uuid: Uuid,
    /// When the user liked or reposted it.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// A user whom the user has blocked.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedBlock<'a> {
    /// The id of the blocked user.
    pub user_uuid: Uuid,
    /// The blocked user's handle, without the `@`; null if that user has deleted the account.
    #[schema(required)]
    pub handle: Option<&'a str>,
    /// When the user blocked the other one.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// A report that the user has made.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedReport<'a> {
    /// The report's id.
    pub uuid: Uuid,
    /// The id of the reported activity, which may be gone.
    pub activity_uuid: Uuid,
    /// The reason: `spam`, `abuse`, `illegal` or `other`.
    pub reason: &'a str,
    /// The note; null without one, and after it was removed.
    #[schema(required)]
    pub note: Option<&'a str>,
    /// When the user made the report.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

/// The body of a request that deletes the account. A missing key and a value of another type count as blank.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DeleteProfileBody {
    /// The user's handle, without the `@`, in upper or lower case.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 30)]
    confirm: Option<String>,
}

/// A confirmation that may be a handle.
#[derive(Debug)]
pub struct Confirmation(String);

impl Confirmation {
    /// The text as the client sent it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<DeleteProfileBody> for Confirmation {
    type Error = Code;

    fn try_from(body: DeleteProfileBody) -> Result<Self, Code> {
        let text = body.confirm.unwrap_or_default();
        if text.trim().is_empty() {
            return Err(Code::ConfirmationBlank);
        }
        // PostgreSQL refuses a text with NUL, and no handle contains one.
        match text.contains('\0') {
            true => Err(Code::ConfirmationMismatch),
            false => Ok(Self(text)),
        }
    }
}

/// A deleted account.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedAccount {
    /// The handle that the user had, without the `@`. Another user may take it now.
    pub handle: String,
}
