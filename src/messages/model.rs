//! Messages and message groups as the API returns them, and the rules for new messages. No I/O.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::{Code, Cursor, TextRules, lenient_string, timestamp};

/// The longest message, in Unicode scalar values.
pub const MAX_DIRECT_MESSAGE_CHARS: usize = 1024;

const MESSAGE_RULES: TextRules = TextRules {
    max_chars: MAX_DIRECT_MESSAGE_CHARS,
    too_long: Code::MessageExceedMaxChars1024,
    invalid: Code::MessageInvalid,
};

/// A message group, which has two members, as a response to one of them describes it.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageGroup {
    /// The group's id, for `/api/messages/{uuid}`.
    pub uuid: Uuid,
    /// The other member's display name; `Deleted user` if that member has deleted the account.
    pub display_name: String,
    /// The other member's handle, without the `@`; empty if that member has deleted the account.
    pub handle: String,
    /// The text of the latest message, by either member. The messages of a deleted account are left out.
    pub message: String,
    /// When the latest message was stored, even if it has been deleted with an account.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl MessageGroup {
    /// The position of this group in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// The message's id.
    pub uuid: Uuid,
    /// The sender's display name.
    pub display_name: String,
    /// The sender's handle, without the `@`.
    pub handle: String,
    /// The text.
    pub message: String,
    /// When the message was stored.
    #[serde(with = "timestamp")]
    pub created_at: DateTime<Utc>,
}

impl Message {
    /// The position of this message in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            uuid: self.uuid,
        }
    }
}

/// A message as streams send it to both members of its group.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveMessage {
    /// The message; its keys are those of the object itself.
    #[serde(flatten)]
    pub message: Message,
    /// The id of its message group.
    pub message_group_uuid: Uuid,
    /// The receiver's handle, without the `@`; empty if the receiver has deleted the account.
    pub receiver_handle: String,
}

/// A message that was found by its id.
#[derive(Debug)]
pub struct FoundMessage {
    /// The message's id.
    pub uuid: Uuid,
    /// The members of its message group who have an account.
    pub members: Vec<Uuid>,
    /// A [`LiveMessage`] as JSON.
    pub json: String,
}

/// The message that the request sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct SentMessage {
    /// The message; its keys are those of the object itself.
    #[serde(flatten)]
    pub message: Message,
    /// The id of the message group, if this message is its first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_group_uuid: Option<Uuid>,
}

/// The body of a request that sends a message. It names a receiver or a message group.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateMessageBody {
    /// The text: 1 to 1024 Unicode scalar values, not only white space, no NUL.
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required, min_length = 1, max_length = 1024)]
    message: Option<String>,
    /// The receiver's handle, without the `@`.
    #[serde(default, deserialize_with = "lenient_string")]
    user_receiver_handle: Option<String>,
    /// The receiver's handle, used if `user_receiver_handle` is blank.
    #[serde(default, deserialize_with = "lenient_string")]
    handle: Option<String>,
    /// The id of a message group of the sender; takes precedence over a handle.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    message_group_uuid: Option<Value>,
}

/// The receiver of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receiver {
    /// The user with this handle; the first message creates the message group.
    Handle(String),
    /// The message group with this id.
    Group(Uuid),
}

/// A valid message that is not stored yet.
#[derive(Debug)]
pub struct NewMessage {
    /// The text.
    pub message: String,
    /// The user or the message group that receives it.
    pub receiver: Receiver,
}

impl TryFrom<CreateMessageBody> for NewMessage {
    type Error = Code;

    fn try_from(body: CreateMessageBody) -> Result<Self, Code> {
        Ok(Self {
            message: MESSAGE_RULES.required(body.message, Code::MessageBlank)?,
            receiver: receiver(
                body.message_group_uuid.as_ref(),
                body.user_receiver_handle,
                body.handle,
            )?,
        })
    }
}

/// A blank group id is ignored if there is a handle; without a handle it is the error.
fn receiver(
    group: Option<&Value>,
    receiver_handle: Option<String>,
    handle: Option<String>,
) -> Result<Receiver, Code> {
    let group_text = group
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|text| !text.is_empty());
    if let Some(text) = group_text {
        return match Uuid::try_parse(text) {
            Ok(uuid) => Ok(Receiver::Group(uuid)),
            Err(_) => Err(Code::MessageGroupUuidBlank),
        };
    }
    let handle = [receiver_handle, handle]
        .into_iter()
        .flatten()
        .find(|handle| !handle.trim().is_empty());
    match (handle, group) {
        (Some(handle), _) => Ok(Receiver::Handle(handle)),
        (None, None) => Err(Code::UserReceiverHandleBlank),
        (None, Some(_)) => Err(Code::MessageGroupUuidBlank),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse_receiver(body: Value) -> Result<Receiver, Code> {
        let body: CreateMessageBody = serde_json::from_value(body).map_err(|_| Code::Internal)?;
        NewMessage::try_from(body).map(|new| new.receiver)
    }

    #[test]
    fn a_group_id_takes_precedence_over_a_handle_unless_it_is_blank() {
        let group = Uuid::from_u128(7);
        let bob = || Ok(Receiver::Handle("bob".to_owned()));
        for (body, expected) in [
            (json!({ "message": "m", "handle": "bob" }), bob()),
            (
                json!({ "message": "m", "user_receiver_handle": "bob", "handle": "eve" }),
                bob(),
            ),
            (
                json!({ "message": "m", "user_receiver_handle": " ", "handle": "bob" }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": "" }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": null }),
                bob(),
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": group }),
                Ok(Receiver::Group(group)),
            ),
        ] {
            assert_eq!(parse_receiver(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn a_message_is_refused_with_the_code_of_the_first_check_that_fails() {
        for (body, code) in [
            (json!({}), Code::MessageBlank),
            (
                json!({ "message": "m".repeat(1025) }),
                Code::MessageExceedMaxChars1024,
            ),
            (json!({ "message": "m" }), Code::UserReceiverHandleBlank),
            (
                json!({ "message": "m", "handle": 7 }),
                Code::UserReceiverHandleBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": null }),
                Code::UserReceiverHandleBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": " " }),
                Code::MessageGroupUuidBlank,
            ),
            (
                json!({ "message": "m", "message_group_uuid": 7 }),
                Code::MessageGroupUuidBlank,
            ),
            (
                json!({ "message": "m", "handle": "bob", "message_group_uuid": "x" }),
                Code::MessageGroupUuidBlank,
            ),
        ] {
            assert_eq!(parse_receiver(body.clone()), Err(code), "{body}");
        }
    }
}
